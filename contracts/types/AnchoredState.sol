// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev A state of a log as it was anchored, without its root: epoch (32 bits) ‖ size (64) ‖ time (64) ‖ block number (64)
/// in the low 224 bits.
type AnchoredState is uint256;

using AnchoredStates for AnchoredState global;

library AnchoredStates {
    /// @param time_ of the anchor's block, seconds since the Unix epoch
    function pack(
        uint32 epoch_,
        uint64 size_,
        uint64 time_,
        uint64 blockNumber_
    ) internal pure returns (AnchoredState) {
        return
            AnchoredState.wrap(
                (uint256(epoch_) << 192) | (uint256(size_) << 128) | (uint256(time_) << 64) | blockNumber_
            );
    }

    function epoch(AnchoredState state) internal pure returns (uint32) {
        return uint32(AnchoredState.unwrap(state) >> 192);
    }

    function size(AnchoredState state) internal pure returns (uint64) {
        return uint64(AnchoredState.unwrap(state) >> 128);
    }

    function time(AnchoredState state) internal pure returns (uint64) {
        return uint64(AnchoredState.unwrap(state) >> 64);
    }

    function blockNumber(AnchoredState state) internal pure returns (uint64) {
        return uint64(AnchoredState.unwrap(state));
    }

    /// @notice What stands for the state and its root in the history: keccak256 of the two words.
    function record(AnchoredState state, bytes32 root) internal pure returns (bytes32 hash) {
        // In scratch space: abi.encode would allocate what is read only here.
        assembly ("memory-safe") {
            mstore(0, state)
            mstore(32, root)
            hash := keccak256(0, 64)
        }
    }
}
