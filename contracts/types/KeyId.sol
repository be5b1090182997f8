// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Names a key: its address on the right (secp256k1), or keccak256("gridseal:p256" ‖ x ‖ y).
type KeyId is bytes32;
