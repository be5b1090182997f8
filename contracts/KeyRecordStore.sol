// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyRecords} from "./libraries/KeyRecords.sol";
import {KeyId} from "./types/KeyId.sol";

/// @dev The mapping that state proofs are read by, at slot 0: it must be the first base of a contract.
abstract contract KeyRecordStore {
    mapping(address identity => mapping(KeyId keyId => KeyRecords.KeyRecord)) internal _keyRecords;
}
