// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1056} from "./interfaces/IERC1056.sol";
import {IDeviceRegistry} from "./interfaces/IDeviceRegistry.sol";

/// @title Lightweight identities (ERC-1056)
abstract contract ERC1056 is IERC1056 {
    /// @dev One slot: an identity's first enrolment writes both.
    struct Ownership {
        address owner;
        uint64 changedBlock;
    }

    mapping(address identity => Ownership) private _ownership;
    mapping(address identity => mapping(bytes32 kind => mapping(address delegate => uint256))) private _delegates;
    mapping(address owner => uint256) internal _nonces;

    modifier onlyIdentityOwner(address identity) {
        if (identityOwner(identity) != msg.sender) {
            revert IDeviceRegistry.DeviceRegistryUnauthorized(identity, msg.sender);
        }
        _;
    }

    /// @inheritdoc IERC1056
    function identityOwner(address identity) public view returns (address) {
        address owner = _ownership[identity].owner;
        return owner == address(0) ? identity : owner;
    }

    /// @inheritdoc IERC1056
    function owners(address identity) external view returns (address) {
        return _ownership[identity].owner;
    }

    /// @inheritdoc IERC1056
    function changed(address identity) external view returns (uint256) {
        return _ownership[identity].changedBlock;
    }

    /// @inheritdoc IERC1056
    function nonce(address owner) external view returns (uint256) {
        return _nonces[owner];
    }

    /// @inheritdoc IERC1056
    function validDelegate(
        address identity,
        bytes32 delegateType,
        address delegate
    ) external view returns (bool) {
        return _delegates[identity][keccak256(abi.encode(delegateType))][delegate] > block.timestamp;
    }

    /// @inheritdoc IERC1056
    function changeOwner(address identity, address newOwner) external onlyIdentityOwner(identity) {
        _setOwner(identity, newOwner);
    }

    /// @inheritdoc IERC1056
    function addDelegate(
        address identity,
        bytes32 delegateType,
        address delegate,
        uint256 validity
    ) external onlyIdentityOwner(identity) {
        uint256 validTo = block.timestamp + validity;
        _delegates[identity][keccak256(abi.encode(delegateType))][delegate] = validTo;
        emit DIDDelegateChanged(identity, delegateType, delegate, validTo, _touch(identity));
    }

    /// @inheritdoc IERC1056
    function revokeDelegate(
        address identity,
        bytes32 delegateType,
        address delegate
    ) external onlyIdentityOwner(identity) {
        _delegates[identity][keccak256(abi.encode(delegateType))][delegate] = block.timestamp;
        emit DIDDelegateChanged(identity, delegateType, delegate, block.timestamp, _touch(identity));
    }

    /// @inheritdoc IERC1056
    function setAttribute(
        address identity,
        bytes32 name,
        bytes calldata value,
        uint256 validity
    ) external onlyIdentityOwner(identity) {
        emit DIDAttributeChanged(identity, name, value, block.timestamp + validity, _touch(identity));
    }

    /// @inheritdoc IERC1056
    function revokeAttribute(
        address identity,
        bytes32 name,
        bytes calldata value
    ) external onlyIdentityOwner(identity) {
        emit DIDAttributeChanged(identity, name, value, 0, _touch(identity));
    }

    /// @dev Whether an owner was ever recorded; the identity decides for itself until then.
    function _isOwned(address identity) internal view returns (bool) {
        return _ownership[identity].owner != address(0);
    }

    function _setOwner(address identity, address newOwner) internal {
        if (newOwner == address(0)) revert IDeviceRegistry.DeviceRegistryInvalidOwner(newOwner);
        uint256 previousChange = _ownership[identity].changedBlock;
        _ownership[identity] = Ownership(newOwner, uint64(block.number));
        emit DIDOwnerChanged(identity, newOwner, previousChange);
    }

    /// @dev Notes a change and returns the block of the one before it.
    function _touch(address identity) private returns (uint256 previousChange) {
        previousChange = _ownership[identity].changedBlock;
        _ownership[identity].changedBlock = uint64(block.number);
    }
}
