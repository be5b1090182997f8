// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "./types/KeyId.sol";
import {KeyStanding} from "./types/KeyStanding.sol";

/// @dev The mapping that state proofs are read by, at slot 0: it must be the first base of a contract. Each field of a
/// record is written once (docs/spec/identity.md).
abstract contract KeyRecordStore {
    struct KeyRecord {
        KeyStanding standing;
        bytes32 profile;
        bytes32 lastGood;
    }

    mapping(address identity => mapping(KeyId keyId => KeyRecord)) internal _keyRecords;
}
