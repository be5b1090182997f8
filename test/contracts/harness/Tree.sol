// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev RFC 6962's own recursive definitions, slow and plain: what the contract's loops are held to. Leaf i of a tree is
/// named by its seed; trees of two seeds are the same below `fork`.
library Tree {
    struct Log {
        uint256 seed;
        uint64 fork;
    }

    function leaf(Log memory log, uint256 index) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"00", index < log.fork ? 0 : log.seed, index));
    }

    /// @dev MTH(D[start:end]).
    function root(Log memory log, uint256 start, uint256 end) internal pure returns (bytes32) {
        if (end - start == 1) return leaf(log, start);
        uint256 middle = start + split(end - start);
        return node(root(log, start, middle), root(log, middle, end));
    }

    function root(Log memory log, uint256 size) internal pure returns (bytes32) {
        return root(log, 0, size);
    }

    /// @dev PATH(index, D[start:end]).
    function inclusion(
        Log memory log,
        uint256 index,
        uint256 start,
        uint256 end
    ) internal pure returns (bytes32[] memory) {
        if (end - start == 1) return new bytes32[](0);
        uint256 middle = start + split(end - start);
        return
            index < middle
                ? append(inclusion(log, index, start, middle), root(log, middle, end))
                : append(inclusion(log, index, middle, end), root(log, start, middle));
    }

    /// @dev PROOF(size, D[0:end]).
    function consistency(Log memory log, uint256 size, uint256 end) internal pure returns (bytes32[] memory) {
        return subproof(log, size, 0, end, true);
    }

    function subproof(
        Log memory log,
        uint256 size,
        uint256 start,
        uint256 end,
        bool whole
    ) internal pure returns (bytes32[] memory) {
        if (size == end) {
            return whole ? new bytes32[](0) : append(new bytes32[](0), root(log, start, end));
        }
        uint256 middle = start + split(end - start);
        return
            size <= middle
                ? append(subproof(log, size, start, middle, whole), root(log, middle, end))
                : append(subproof(log, size, middle, end, false), root(log, start, middle));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"01", left, right));
    }

    /// @dev The largest power of two below a number.
    function split(uint256 count) internal pure returns (uint256 power) {
        power = 1;
        while (power * 2 < count) power *= 2;
    }

    function append(bytes32[] memory path, bytes32 hash) internal pure returns (bytes32[] memory longer) {
        longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) longer[i] = path[i];
        longer[path.length] = hash;
    }
}
