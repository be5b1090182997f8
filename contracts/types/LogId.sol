// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev keccak256(abi.encode(chain id, EvidenceLog, creator, salt)): no other chain, contract or creator has this log.
type LogId is bytes32;
