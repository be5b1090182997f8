// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Key records
/// @notice Each field is written once. The layout is what a state proof is read by: docs/spec/identity.md.
library KeyRecords {
    struct KeyRecord {
        uint64 validFrom;
        uint64 revokedAt;
        uint16 purpose;
        uint8 algorithm;
        bytes32 profile;
        bytes32 lastGood;
    }

    function exists(KeyRecord storage record) internal view returns (bool) {
        return record.validFrom != 0;
    }

    /// @notice Whether the key speaks in this block.
    function speaks(KeyRecord storage record) internal view returns (bool) {
        return record.validFrom != 0 && record.revokedAt == 0;
    }
}
