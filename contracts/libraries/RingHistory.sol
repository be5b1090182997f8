// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What a log remembers of its anchors
/// @notice A ring of the newest records, whose slots are rewritten for a fraction of what new ones cost, and one
/// permanent pin a day. A record that left the ring is reached from a later one by a consistency proof.
library RingHistory {
    /// @notice Anchors that stay in the ring.
    uint16 internal constant SLOTS = 64;

    struct History {
        bytes32[SLOTS] ring;
        mapping(uint256 day => bytes32 record) pins;
    }

    /// @notice What stands for an anchor: keccak256 of its five words.
    function recordOf(
        uint64 epoch,
        uint64 size,
        bytes32 root,
        uint64 time,
        uint64 blockNumber
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(epoch, size, root, time, blockNumber));
    }

    /// @notice Keeps a record at a position of the ring, and for good if it is the first of its day.
    /// @param time of the record, seconds since the Unix epoch
    /// @param previousTime time of the record before it; 0 = there is none
    function keep(
        History storage history,
        uint16 position,
        bytes32 record,
        uint256 time,
        uint256 previousTime
    ) internal {
        history.ring[position] = record;
        uint256 day = time / 1 days;
        if (day > previousTime / 1 days) history.pins[day] = record;
    }

    /// @notice Whether the record is in the ring at the position, or is the pin of its day.
    function holds(
        History storage history,
        uint16 position,
        bytes32 record,
        uint256 time
    ) internal view returns (bool) {
        if (position < SLOTS && history.ring[position] == record) return true;
        return history.pins[time / 1 days] == record;
    }

    /// @notice Position of a record in the ring; 0 when only its day's pin holds it.
    function find(
        History storage history,
        bytes32 record,
        uint256 time
    ) internal view returns (bool found, uint16 position) {
        for (position = 0; position < SLOTS; ++position) {
            if (history.ring[position] == record) return (true, position);
        }
        return (history.pins[time / 1 days] == record, 0);
    }
}
