// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle proofs of RFC 6962 and RFC 9162
/// @notice SHA-256 through the precompile. A path must have exactly the length that index and sizes fix.
library Rfc6962 {
    /// @notice The log never outgrows this: 2^63 leaves.
    uint64 internal constant MAX_SIZE = 1 << 63;

    error Rfc6962SizeOutOfRange(uint64 size);
    error Rfc6962IndexOutOfRange(uint64 index, uint64 size);
    error Rfc6962SizesNotAscending(uint64 size1, uint64 size2);
    /// @param length hashes in a path that is too short or too long for its tree
    error Rfc6962PathLength(uint256 length);
    error Rfc6962RootMismatch(bytes32 expected, bytes32 actual);

    /// @notice Reverts unless the leaf stands at the index of the tree (RFC 9162, 2.1.3.2).
    /// @param leafHash SHA-256(0x00 ‖ entry)
    /// @param index position of the leaf, from 0
    /// @param size leaves of the tree
    /// @param root of the tree
    /// @param path sibling hashes from the leaf up
    function requireInclusion(
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32 root,
        bytes32[] calldata path
    ) internal view {
        if (size >= MAX_SIZE) revert Rfc6962SizeOutOfRange(size);
        if (index >= size) revert Rfc6962IndexOutOfRange(index, size);
        uint256 node = index;
        uint256 last = size - 1;
        bytes32 hash = leafHash;
        for (uint256 i = 0; i < path.length; ++i) {
            if (last == 0) revert Rfc6962PathLength(path.length);
            if (node & 1 == 1 || node == last) {
                hash = hashNode(path[i], hash);
                (node, last) = _toNextLeft(node, last);
            } else {
                hash = hashNode(hash, path[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        if (last != 0) revert Rfc6962PathLength(path.length);
        if (hash != root) revert Rfc6962RootMismatch(root, hash);
    }

    /// @notice Reverts unless the larger tree begins with the smaller one (RFC 9162, 2.1.4.2). Equal sizes need equal
    /// roots and no path; size 0 is a prefix of every tree and proves nothing, so it is refused.
    /// @param path consistency path, lowest hash first
    function requireConsistency(
        uint64 size1,
        bytes32 root1,
        uint64 size2,
        bytes32 root2,
        bytes32[] calldata path
    ) internal view {
        if (size1 == 0) revert Rfc6962SizeOutOfRange(size1);
        if (size2 >= MAX_SIZE) revert Rfc6962SizeOutOfRange(size2);
        if (size1 > size2) revert Rfc6962SizesNotAscending(size1, size2);
        if (size1 == size2) {
            if (path.length != 0) revert Rfc6962PathLength(path.length);
            if (root1 != root2) revert Rfc6962RootMismatch(root1, root2);
            return;
        }
        (bytes32 older, bytes32 newer) = _rootsFromPath(size1, root1, size2, path);
        if (older != root1) revert Rfc6962RootMismatch(root1, older);
        if (newer != root2) revert Rfc6962RootMismatch(root2, newer);
    }

    /// @notice SHA-256(0x01 ‖ left ‖ right).
    function hashNode(bytes32 left, bytes32 right) internal view returns (bytes32 node) {
        // Written beyond the free memory pointer and read at once, so that a hash allocates nothing.
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore8(buffer, 1)
            mstore(add(buffer, 1), left)
            mstore(add(buffer, 33), right)
            // The precompile fails only without gas; the caller then runs out as well.
            if iszero(staticcall(gas(), 2, buffer, 65, 0, 32)) {
                revert(0, 0)
            }
            node := mload(0)
        }
    }

    /// @dev Both roots that the path leads to, for 0 < size1 < size2.
    function _rootsFromPath(
        uint64 size1,
        bytes32 root1,
        uint64 size2,
        bytes32[] calldata path
    ) private view returns (bytes32 older, bytes32 newer) {
        uint256 node = size1 - 1;
        uint256 last = size2 - 1;
        while (node & 1 == 1) {
            node >>= 1;
            last >>= 1;
        }
        uint256 next = 0;
        // A smaller tree that is a perfect subtree of the larger one is its own first node, and the path leaves it out.
        if (size1 & (size1 - 1) == 0) {
            older = root1;
        } else {
            if (path.length == 0) revert Rfc6962PathLength(0);
            older = path[0];
            next = 1;
        }
        newer = older;
        for (; next < path.length; ++next) {
            if (last == 0) revert Rfc6962PathLength(path.length);
            bytes32 sibling = path[next];
            if (node & 1 == 1 || node == last) {
                // Up to the first node that only the larger tree has, both hashes are the same.
                bool shared = older == newer;
                older = hashNode(sibling, older);
                newer = shared ? older : hashNode(sibling, newer);
                (node, last) = _toNextLeft(node, last);
            } else {
                newer = hashNode(newer, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        if (last != 0) revert Rfc6962PathLength(path.length);
    }

    /// @dev From a left child without sibling up to the ancestor that has one; on a right child it stays.
    function _toNextLeft(uint256 node, uint256 last) private pure returns (uint256, uint256) {
        while (node & 1 == 0 && node != 0) {
            node >>= 1;
            last >>= 1;
        }
        return (node, last);
    }
}
