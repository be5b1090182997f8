// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1056} from "./IERC1056.sol";

/// @title Devices, their keys and who owns them
/// @notice Keys are enrolled with proof of possession and the owner's signature. A key record is never deleted and each
/// of its fields is written once, so a storage proof shows what a key could do at any block.
interface IDeviceRegistry is IERC1056 {
    /// @param validFrom time of enrolment, seconds since the Unix epoch; 0 = never enrolled
    /// @param revokedAt time of revocation, seconds since the Unix epoch; 0 = not revoked
    /// @param purpose 1 device, 2 operator, 3 witness, 4 member
    /// @param algorithm 1 secp256k1, 2 P-256
    /// @param profile SHA-256 of the profile document
    /// @param lastGood digest of the last good statement, named by the revocation; 0 = none
    struct KeyRecord {
        uint64 validFrom;
        uint64 revokedAt;
        uint16 purpose;
        uint8 algorithm;
        bytes32 profile;
        bytes32 lastGood;
    }

    /// @notice What device and owner both sign (EIP-712).
    /// @param identity the key's own address at first, or an identity that `owner` already owns
    /// @param publicKey x ‖ y for P-256, empty for secp256k1
    /// @param deadline last second at which it may be enrolled
    struct Enrolment {
        address identity;
        address owner;
        uint8 algorithm;
        bytes publicKey;
        uint16 purpose;
        bytes32 profile;
        uint256 deadline;
    }

    /// @notice What an owner signs to revoke a key (EIP-712).
    /// @param nonce the owner's next nonce
    struct Revocation {
        address identity;
        bytes32 keyId;
        bytes32 lastGood;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice What an owner signs to hand an identity over (EIP-712).
    /// @param nonce the owner's next nonce
    struct OwnerChange {
        address identity;
        address newOwner;
        uint256 nonce;
        uint256 deadline;
    }

    event KeyEnrolled(
        address indexed identity,
        bytes32 indexed keyId,
        address indexed owner,
        uint8 algorithm,
        uint16 purpose,
        bytes32 profile
    );
    event KeyRevoked(address indexed identity, bytes32 indexed keyId, bytes32 lastGood);

    error DeviceRegistryExpired(uint256 deadline);
    error DeviceRegistryInvalidAlgorithm(uint8 algorithm);
    error DeviceRegistryInvalidPublicKey();
    error DeviceRegistryInvalidPurpose(uint16 purpose);
    error DeviceRegistryInvalidOwner(address owner);
    error DeviceRegistryInvalidPossession(address identity);
    error DeviceRegistryInvalidOwnerSignature(address owner);
    error DeviceRegistryInvalidNonce(address owner, uint256 expected, uint256 actual);
    error DeviceRegistryKeyExists(address identity, bytes32 keyId);
    error DeviceRegistryKeyNotActive(address identity, bytes32 keyId);
    error DeviceRegistryUnauthorized(address identity, address account);

    /// @notice Enrols a key. Anyone may send it: device and owner have signed. It holds once, because a record's start is
    /// written once.
    /// @param proofOfPossession by the key: r ‖ s ‖ v over the EIP-712 digest (secp256k1), or r ‖ s over its SHA-256 (P-256)
    /// @param ownerSignature by the owner: r ‖ s ‖ v, or what its ERC-1271 contract accepts; empty when the owner calls
    function enrol(
        Enrolment calldata enrolment,
        bytes calldata proofOfPossession,
        bytes calldata ownerSignature
    ) external returns (bytes32 keyId);

    /// @notice Owner only. Statements up to `lastGood` stay valid whenever they arrive.
    function revoke(address identity, bytes32 keyId, bytes32 lastGood) external;

    function revokeBySig(Revocation calldata revocation, bytes calldata ownerSignature) external;

    /// @notice Revokes one key and enrols its successor in one transaction.
    function rotate(
        Revocation calldata revocation,
        bytes calldata revocationSignature,
        Enrolment calldata enrolment,
        bytes calldata proofOfPossession,
        bytes calldata ownerSignature
    ) external returns (bytes32 keyId);

    function changeOwnerBySig(OwnerChange calldata change, bytes calldata ownerSignature) external;

    function keyRecord(address identity, bytes32 keyId) external view returns (KeyRecord memory);

    /// @notice EIP-712 digest that device and owner sign.
    function enrolmentDigest(Enrolment calldata enrolment) external view returns (bytes32);

    /// @notice EIP-712 digest that the owner signs.
    function revocationDigest(Revocation calldata revocation) external view returns (bytes32);
}
