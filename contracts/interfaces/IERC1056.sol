// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Identities, their owners and their delegates (ERC-1056)
/// @notice What did:ethr resolvers read, and what an identity's owner calls by itself. The `…Signed` functions of the
/// reference registry are left out: what they sign names neither chain nor deadline. An event is found by walking
/// back from {changed} through `previousChange`.
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

    error ERC1056UnauthorizedOwner(address identity, address account);
    /// @notice The zero address would give the identity back to itself, while resolvers call it deactivated.
    error ERC1056InvalidOwner(address owner);

    /// @notice The identity itself until an owner change says otherwise.
    function identityOwner(address identity) external view returns (address);

    /// @notice The owner that was set; zero = none was.
    function owners(address identity) external view returns (address);

    /// @notice Block of the identity's newest event; 0 = there is none.
    function changed(address identity) external view returns (uint256);

    /// @notice Counts the signed calls of an identity; the next one signs this number.
    function nonce(address identity) external view returns (uint256);

    /// @param delegateType as hashed by the reference registry: keccak256(abi.encode(type))
    /// @return validTo seconds since the Unix epoch
    function delegates(
        address identity,
        bytes32 delegateType,
        address delegate
    ) external view returns (uint256 validTo);

    function validDelegate(
        address identity,
        bytes32 delegateType,
        address delegate
    ) external view returns (bool);

    /// @notice Owner only. The zero address is refused.
    function changeOwner(address identity, address newOwner) external;

    /// @notice Owner only.
    /// @param validity seconds
    function addDelegate(address identity, bytes32 delegateType, address delegate, uint256 validity) external;

    /// @notice Owner only.
    function revokeDelegate(address identity, bytes32 delegateType, address delegate) external;

    /// @notice Owner only.
    /// @param validity seconds
    function setAttribute(address identity, bytes32 name, bytes calldata value, uint256 validity) external;

    /// @notice Owner only.
    function revokeAttribute(address identity, bytes32 name, bytes calldata value) external;
}
