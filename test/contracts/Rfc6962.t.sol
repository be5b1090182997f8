// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rfc6962} from "../../contracts/libraries/Rfc6962.sol";
import {Cheats} from "./harness/Cheats.sol";
import {Rfc6962Harness} from "./harness/Rfc6962Harness.sol";
import {Tree} from "./harness/Tree.sol";

/// @dev The library against RFC 6962's recursive definitions.
contract Rfc6962Test is Cheats {
    using Tree for Tree.Log;

    uint256 private constant LARGEST = 70;
    Rfc6962Harness private _library;

    function setUp() external {
        _library = new Rfc6962Harness();
    }

    function testFuzz_EveryLeafIsIncluded(uint256 seed, uint256 index, uint256 size) external view {
        size = within(size, 1, LARGEST);
        index = within(index, 0, size - 1);
        Tree.Log memory log = Tree.Log(seed, 0);
        bytes32[] memory path = log.inclusion(index, 0, size);
        _library.requireInclusion(log.leaf(index), uint64(index), uint64(size), log.root(size), path);
    }

    function testFuzz_EverySizeIsConsistent(uint256 seed, uint256 size1, uint256 size2) external view {
        size2 = within(size2, 1, LARGEST);
        size1 = within(size1, 1, size2);
        Tree.Log memory log = Tree.Log(seed, 0);
        bytes32[] memory path = log.consistency(size1, size2);
        _library.requireConsistency(uint64(size1), log.root(size1), uint64(size2), log.root(size2), path);
    }

    function testFuzz_AForkIsNeverConsistent(
        uint256 seed,
        uint256 fork,
        uint256 size1,
        uint256 size2
    ) external view {
        size1 = within(size1, 1, LARGEST - 1);
        size2 = within(size2, size1, LARGEST);
        fork = within(fork, 0, size1 - 1);
        Tree.Log memory honest = Tree.Log(1, uint64(fork));
        Tree.Log memory other = Tree.Log(within(seed, 2, type(uint256).max), uint64(fork));
        bytes32 root1 = honest.root(size1);
        bytes32 root2 = other.root(size2);
        refuses(size1, root1, size2, root2, honest.consistency(size1, size2));
        refuses(size1, root1, size2, root2, other.consistency(size1, size2));
    }

    function testFuzz_AChangedHashIsRefused(
        uint256 seed,
        uint256 size1,
        uint256 size2,
        uint256 place,
        uint8 bit
    ) external view {
        size2 = within(size2, 2, LARGEST);
        size1 = within(size1, 1, size2 - 1);
        Tree.Log memory log = Tree.Log(seed, 0);
        bytes32[] memory path = log.consistency(size1, size2);
        path[place % path.length] ^= bytes32(uint256(1) << bit);
        refuses(size1, log.root(size1), size2, log.root(size2), path);
    }

    function testFuzz_AnotherLengthIsRefused(
        uint256 seed,
        uint256 size1,
        uint256 size2,
        uint256 length
    ) external view {
        size2 = within(size2, 2, LARGEST);
        size1 = within(size1, 1, size2 - 1);
        Tree.Log memory log = Tree.Log(seed, 0);
        bytes32[] memory path = log.consistency(size1, size2);
        length = within(length, 0, path.length + 2);
        if (length == path.length) return;
        bytes32[] memory other = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) other[i] = i < path.length ? path[i] : bytes32(seed);
        refuses(size1, log.root(size1), size2, log.root(size2), other);
    }

    function testFuzz_OtherSizesAreRefused(
        uint256 seed,
        uint256 size1,
        uint256 size2,
        uint256 other1,
        uint256 other2
    ) external view {
        size2 = within(size2, 2, LARGEST);
        size1 = within(size1, 1, size2 - 1);
        Tree.Log memory log = Tree.Log(seed, 0);
        bytes32[] memory path = log.consistency(size1, size2);
        other1 = within(other1, 0, 2 * LARGEST);
        other2 = within(other2, 0, 2 * LARGEST);
        if (other1 != size1) refuses(other1, log.root(size1), size2, log.root(size2), path);
        if (other2 != size2 && !sameShape(size1, size2, other2)) {
            refuses(size1, log.root(size1), other2, log.root(size2), path);
        }
    }

    function testFuzz_AnotherIndexIsRefused(
        uint256 seed,
        uint256 index,
        uint256 other,
        uint256 size
    ) external view {
        size = within(size, 2, LARGEST);
        index = within(index, 0, size - 1);
        other = within(other, 0, size + 3);
        if (other == index) return;
        Tree.Log memory log = Tree.Log(seed, 0);
        bytes32[] memory path = log.inclusion(index, 0, size);
        bytes memory call = abi.encodeCall(
            _library.requireInclusion,
            (log.leaf(index), uint64(other), uint64(size), log.root(size), path)
        );
        (bool accepted, ) = address(_library).staticcall(call);
        check(!accepted, "included elsewhere");
    }

    function testFuzz_NothingPanics(
        uint64 size1,
        uint64 size2,
        bytes32 root,
        bytes32[] calldata path
    ) external view {
        try _library.requireConsistency(size1, root, size2, root, path) {
            check(size1 == size2 && path.length == 0, "a random proof holds");
        } catch (bytes memory reason) {
            check(bytes4(reason) != bytes4(keccak256("Panic(uint256)")) && reason.length != 0, "panics");
        }
        try _library.requireInclusion(root, size1, size2, root, path) {
            check(size2 == 1 && path.length == 0, "a random proof holds");
        } catch (bytes memory reason) {
            check(bytes4(reason) != bytes4(keccak256("Panic(uint256)")) && reason.length != 0, "panics");
        }
    }

    /// @dev Whether a path for one larger size climbs the same way for another: a root does not name its size.
    function sameShape(uint256 size1, uint256 size2, uint256 other) private pure returns (bool) {
        if (other <= size1 || other >= Rfc6962.MAX_SIZE) return false;
        (uint256 node, uint256 last, uint256 otherLast) = (size1 - 1, size2 - 1, other - 1);
        while (node != last || node != otherLast) {
            if ((node == last) != (node == otherLast)) return false;
            (node, last, otherLast) = (node >> 1, last >> 1, otherLast >> 1);
        }
        return true;
    }

    function refuses(
        uint256 size1,
        bytes32 root1,
        uint256 size2,
        bytes32 root2,
        bytes32[] memory path
    ) private view {
        bytes memory call = abi.encodeCall(
            _library.requireConsistency,
            (uint64(size1), root1, uint64(size2), root2, path)
        );
        (bool accepted, ) = address(_library).staticcall(call);
        check(!accepted, "consistent");
    }
}
