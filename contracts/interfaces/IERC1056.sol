// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Lightweight identities (ERC-1056), as did:ethr resolvers read them
/// @notice The signed calls of the original carry neither chain id nor deadline and are left out; see
/// {IDeviceRegistry} for those that do.
interface IERC1056 {
    event DIDOwnerChanged(address indexed identity, address owner, uint256 previousChange);
    event DIDDelegateChanged(
        address indexed identity,
        bytes32 delegateType,
        address delegate,
        uint256 validTo,
        uint256 previousChange
    );
    event DIDAttributeChanged(
        address indexed identity,
        bytes32 name,
        bytes value,
        uint256 validTo,
        uint256 previousChange
    );

    /// @notice Who decides for an identity: itself until an owner change.
    function identityOwner(address identity) external view returns (address);

    /// @notice The recorded owner; zero while the identity is its own.
    function owners(address identity) external view returns (address);

    /// @notice Block of the identity's last change; each event names the one before it.
    function changed(address identity) external view returns (uint256);

    /// @notice Next nonce of an owner's signed calls.
    function nonce(address owner) external view returns (uint256);

    function validDelegate(
        address identity,
        bytes32 delegateType,
        address delegate
    ) external view returns (bool);

    function changeOwner(address identity, address newOwner) external;

    /// @param validity seconds
    function addDelegate(address identity, bytes32 delegateType, address delegate, uint256 validity) external;

    function revokeDelegate(address identity, bytes32 delegateType, address delegate) external;

    /// @param validity seconds
    function setAttribute(address identity, bytes32 name, bytes calldata value, uint256 validity) external;

    function revokeAttribute(address identity, bytes32 name, bytes calldata value) external;
}
