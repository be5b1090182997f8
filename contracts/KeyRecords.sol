// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeviceRegistry} from "./interfaces/IDeviceRegistry.sol";

/// @title Storage of key records
/// @dev Inherited first, so that the mapping is at slot 0: off-chain verifiers prove records by their slot.
abstract contract KeyRecords {
    mapping(address identity => mapping(bytes32 keyId => IDeviceRegistry.KeyRecord)) internal _records;
}
