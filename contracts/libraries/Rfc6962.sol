// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle proofs of RFC 6962 and RFC 9162
/// @notice SHA-256 through the precompile. A path must have exactly the length that index and sizes fix.
///
/// Both proofs walk from a node up to the root of the larger tree. `node` is its index in its level and `last` the index of
/// that level's last node. While they differ, every level has a sibling. From the level where they are equal, the node is
/// on the tree's right edge: it is joined where it is a right child, which is where its index is odd.
library Rfc6962 {
    /// @notice The log never outgrows this: 2^63 leaves.
    uint64 internal constant MAX_SIZE = 1 << 63;
    /// @notice Root of a tree without leaves: SHA-256 of nothing.
    bytes32 internal constant EMPTY_ROOT = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

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
        (bytes32 actual, uint256 length) = _climb(index, size - 1, leafHash, path);
        if (length != path.length) revert Rfc6962PathLength(path.length);
        if (actual != root) revert Rfc6962RootMismatch(root, actual);
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
        // Up to the largest perfect subtree that ends where the smaller tree ends. It is the first hash of the path, unless
        // it is the whole smaller tree, whose root is known.
        uint256 node;
        uint256 last;
        // Neither size is 0.
        unchecked {
            node = size1 - 1;
            last = size2 - 1;
        }
        while (node & 1 == 1) {
            node >>= 1;
            last >>= 1;
        }
        bytes32 start = root1;
        uint256 first = 0;
        if (node != 0) {
            if (path.length == 0) revert Rfc6962PathLength(0);
            start = path[0];
            first = 1;
        }
        (bytes32 older, bytes32 newer, uint256 length) = _climbBoth(node, last, start, path, first);
        if (length != path.length) revert Rfc6962PathLength(path.length);
        if (older != root1) revert Rfc6962RootMismatch(root1, older);
        if (newer != root2) revert Rfc6962RootMismatch(root2, newer);
    }

    /// @dev Root above a node.
    /// @return root meaningful only if the path has `length` hashes
    /// @return length hashes that the walk takes
    function _climb(
        uint256 node,
        uint256 last,
        bytes32 hash,
        bytes32[] calldata path
    ) private view returns (bytes32 root, uint256 length) {
        // A join is 0x01 ‖ left ‖ right, beyond the free memory pointer where nothing is kept; its hash goes to scratch
        // space. A path that is too short reads as whatever follows it, and the caller refuses its length.
        assembly ("memory-safe") {
            let join := mload(0x40)
            let left := add(join, 1)
            let right := add(join, 33)
            let next := path.offset
            let done := 1
            mstore8(join, 1)
            mstore(0, hash)
            for {} xor(node, last) {} {
                switch and(node, 1)
                case 0 {
                    mstore(left, mload(0))
                    mstore(right, calldataload(next))
                }
                default {
                    mstore(left, calldataload(next))
                    mstore(right, mload(0))
                }
                done := and(done, staticcall(gas(), 2, join, 65, 0, 32))
                next := add(next, 32)
                node := shr(1, node)
                last := shr(1, last)
            }
            for {} node {} {
                if and(node, 1) {
                    mstore(left, calldataload(next))
                    mstore(right, mload(0))
                    done := and(done, staticcall(gas(), 2, join, 65, 0, 32))
                    next := add(next, 32)
                }
                node := shr(1, node)
            }
            // The precompile fails only for want of gas.
            if iszero(done) {
                revert(0, 0)
            }
            root := mload(0)
            length := shr(5, sub(next, path.offset))
        }
    }

    /// @dev Roots of the smaller and the larger tree above the last node that both have, a left child: siblings to its right
    /// belong to the larger tree only, siblings to its left to both.
    /// @param first hash of the path to begin with
    /// @return older meaningful only if the path has `length` hashes; so is `newer`
    /// @return newer root of the larger tree
    /// @return length hashes that the walk takes, those before `first` included
    function _climbBoth(
        uint256 node,
        uint256 last,
        bytes32 hash,
        bytes32[] calldata path,
        uint256 first
    ) private view returns (bytes32 older, bytes32 newer, uint256 length) {
        // As in _climb; the older hash is kept at 0, the newer one at 32.
        assembly ("memory-safe") {
            let join := mload(0x40)
            let left := add(join, 1)
            let right := add(join, 33)
            let next := add(path.offset, shl(5, first))
            let done := 1
            mstore8(join, 1)
            mstore(0, hash)
            mstore(32, hash)
            for {} xor(node, last) {} {
                switch and(node, 1)
                case 0 {
                    mstore(left, mload(32))
                    mstore(right, calldataload(next))
                }
                default {
                    mstore(left, calldataload(next))
                    mstore(right, mload(0))
                    done := and(done, staticcall(gas(), 2, join, 65, 0, 32))
                    mstore(right, mload(32))
                }
                done := and(done, staticcall(gas(), 2, join, 65, 32, 32))
                next := add(next, 32)
                node := shr(1, node)
                last := shr(1, last)
            }
            for {} node {} {
                if and(node, 1) {
                    mstore(left, calldataload(next))
                    mstore(right, mload(0))
                    done := and(done, staticcall(gas(), 2, join, 65, 0, 32))
                    mstore(right, mload(32))
                    done := and(done, staticcall(gas(), 2, join, 65, 32, 32))
                    next := add(next, 32)
                }
                node := shr(1, node)
            }
            if iszero(done) {
                revert(0, 0)
            }
            older := mload(0)
            newer := mload(32)
            length := shr(5, sub(next, path.offset))
        }
    }
}
