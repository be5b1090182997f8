// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1056} from "./interfaces/IERC1056.sol";
import {IdentityStanding} from "./types/IdentityStanding.sol";

/// @dev See {IERC1056}.
abstract contract ERC1056 is IERC1056 {
    mapping(address identity => IdentityStanding) internal _standings;
    mapping(address identity => mapping(bytes32 typeHash => mapping(address delegate => uint256)))
        private _delegates;

    modifier onlyOwner(address identity) {
        if (identityOwner(identity) != msg.sender) revert ERC1056UnauthorizedOwner(identity, msg.sender);
        _;
    }

    /// @inheritdoc IERC1056
    function owners(address identity) external view returns (address) {
        return _standings[identity].owner();
    }

    /// @inheritdoc IERC1056
    function changed(address identity) external view returns (uint256) {
        return _standings[identity].changed();
    }

    /// @inheritdoc IERC1056
    function nonce(address identity) external view returns (uint256) {
        return _standings[identity].nonce();
    }

    /// @inheritdoc IERC1056
    function validDelegate(
        address identity,
        bytes32 delegateType,
        address delegate
    ) external view returns (bool) {
        return delegates(identity, keccak256(abi.encode(delegateType)), delegate) > block.timestamp;
    }

    /// @inheritdoc IERC1056
    function changeOwner(address identity, address newOwner) external onlyOwner(identity) {
        _changeOwner(identity, newOwner);
    }

    /// @inheritdoc IERC1056
    function addDelegate(
        address identity,
        bytes32 delegateType,
        address delegate,
        uint256 validity
    ) external onlyOwner(identity) {
        _setDelegate(identity, delegateType, delegate, block.timestamp + validity);
    }

    /// @inheritdoc IERC1056
    function revokeDelegate(
        address identity,
        bytes32 delegateType,
        address delegate
    ) external onlyOwner(identity) {
        _setDelegate(identity, delegateType, delegate, block.timestamp);
    }

    /// @inheritdoc IERC1056
    function setAttribute(
        address identity,
        bytes32 name,
        bytes calldata value,
        uint256 validity
    ) external onlyOwner(identity) {
        emit DIDAttributeChanged(identity, name, value, block.timestamp + validity, _touch(identity));
    }

    /// @inheritdoc IERC1056
    function revokeAttribute(
        address identity,
        bytes32 name,
        bytes calldata value
    ) external onlyOwner(identity) {
        emit DIDAttributeChanged(identity, name, value, 0, _touch(identity));
    }

    /// @inheritdoc IERC1056
    function identityOwner(address identity) public view returns (address) {
        return _ownerOf(identity, _standings[identity]);
    }

    /// @inheritdoc IERC1056
    function delegates(
        address identity,
        bytes32 delegateType,
        address delegate
    ) public view virtual returns (uint256 validTo) {
        return _delegates[identity][delegateType][delegate];
    }

    function _changeOwner(address identity, address newOwner) internal {
        if (newOwner == address(0)) revert ERC1056InvalidOwner(newOwner);
        IdentityStanding standing = _standings[identity];
        _standings[identity] = standing.withOwner(newOwner).touched();
        emit DIDOwnerChanged(identity, newOwner, standing.changed());
    }

    function _setDelegate(
        address identity,
        bytes32 delegateType,
        address delegate,
        uint256 validTo
    ) internal virtual {
        _delegates[identity][keccak256(abi.encode(delegateType))][delegate] = validTo;
        emit DIDDelegateChanged(identity, delegateType, delegate, validTo, _touch(identity));
    }

    /// @dev Takes the identity's next nonce.
    function _useNonce(address identity) internal returns (uint256) {
        IdentityStanding standing = _standings[identity];
        _standings[identity] = standing.advanced();
        return standing.nonce();
    }

    /// @dev To be called for events of this interface only: resolvers expect one of them in the block that it notes.
    function _touch(address identity) internal returns (uint256 previousChange) {
        IdentityStanding standing = _standings[identity];
        _standings[identity] = standing.touched();
        return standing.changed();
    }

    function _ownerOf(address identity, IdentityStanding standing) internal pure returns (address) {
        address set = standing.owner();
        return set == address(0) ? identity : set;
    }
}
