// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rfc6962} from "../../../contracts/libraries/Rfc6962.sol";

/// @dev The library as calls, so that vectors can be put to it.
contract Rfc6962Harness {
    function requireInclusion(
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32 root,
        bytes32[] calldata path
    ) external view {
        Rfc6962.requireInclusion(leafHash, index, size, root, path);
    }

    function requireConsistency(
        uint64 size1,
        bytes32 root1,
        uint64 size2,
        bytes32 root2,
        bytes32[] calldata path
    ) external view {
        Rfc6962.requireConsistency(size1, root1, size2, root2, path);
    }
}
