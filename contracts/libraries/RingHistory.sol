// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What a log remembers of its anchors
/// @notice A ring of the newest records, whose slots are rewritten for a fraction of what new ones cost, and one
/// permanent pin a day. A record that left the ring is reached from a later one by a consistency proof.
library RingHistory {
    /// @notice Anchors that stay in the ring.
    uint32 internal constant SLOTS = 64;

    struct History {
        bytes32[SLOTS] ring;
        mapping(uint256 day => bytes32 record) pins;
    }

    /// @notice The position after one.
    function following(uint32 position) internal pure returns (uint32) {
        // A position is below SLOTS, so that this cannot overflow.
        unchecked {
            return (position + 1) % SLOTS;
        }
    }

    /// @notice The record at a position of the ring, zero where none was written.
    /// @param position below {SLOTS}
    function recordAt(History storage history, uint256 position) internal view returns (bytes32 record) {
        // An index into the array would be checked against a length that callers know, and masked as if it were packed.
        assembly ("memory-safe") {
            record := sload(add(history.slot, position))
        }
    }

    /// @notice Keeps a record at a position of the ring, and for good if it is the first of its day.
    /// @param position below {SLOTS}
    /// @param time of the record, seconds since the Unix epoch
    /// @param previousTime time of the record before it; 0 = there is none
    function keep(
        History storage history,
        uint256 position,
        bytes32 record,
        uint256 time,
        uint256 previousTime
    ) internal {
        assembly ("memory-safe") {
            sstore(add(history.slot, position), record)
        }
        uint256 day = time / 1 days;
        if (day > previousTime / 1 days) history.pins[day] = record;
    }

    /// @notice Whether the record is in the ring at the position, or is the pin of its day.
    function holds(
        History storage history,
        uint32 position,
        bytes32 record,
        uint256 time
    ) internal view returns (bool) {
        if (position < SLOTS && recordAt(history, position) == record) return true;
        return history.pins[time / 1 days] == record;
    }

    /// @notice Position of a record in the ring; 0 when only its day's pin holds it.
    function find(
        History storage history,
        bytes32 record,
        uint256 time
    ) internal view returns (bool found, uint32 position) {
        for (position = 0; position < SLOTS; ++position) {
            if (recordAt(history, position) == record) return (true, position);
        }
        return (history.pins[time / 1 days] == record, 0);
    }
}
