// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "../types/KeyId.sol";
import {IERC1056} from "./IERC1056.sol";

/// @title Keys of devices, operators, witnesses and members
/// @notice Says which key speaks for which identity, since when and until when. A key record is written once and revoked
/// once, at storage slots that never move, so that a state proof shows it or its absence (docs/spec/identity.md).
interface IDeviceRegistry is IERC1056 {
    /// @notice A key that begins to speak for an identity, as its holder and the identity's owner sign it (EIP-712).
    /// @param identity for which the key speaks
    /// @param owner of the identity; the first enrolment of a key's own identity sets it
    /// @param algorithm 1 secp256k1, 2 P-256
    /// @param publicKey 20 bytes, the key's address (secp256k1); 64 bytes, x ‖ y (P-256)
    /// @param purpose 1 device, 2 operator, 3 witness, 4 member
    /// @param profile SHA-256 of the profile document
    /// @param deadline last time at which it may be enrolled, seconds since the Unix epoch
    struct Enrolment {
        address identity;
        address owner;
        uint8 algorithm;
        bytes publicKey;
        uint16 purpose;
        bytes32 profile;
        uint256 deadline;
    }

    /// @notice A key that stops to speak, as the identity's owner signs it (EIP-712).
    /// @param lastGood digest of the last good statement; zero = none is good that no anchor covers yet
    /// @param nonce {IERC1056-nonce} of the identity
    /// @param deadline seconds since the Unix epoch
    struct Revocation {
        address identity;
        KeyId keyId;
        bytes32 lastGood;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice A new owner, as the identity's owner signs it (EIP-712).
    /// @param nonce {IERC1056-nonce} of the identity
    /// @param deadline seconds since the Unix epoch
    struct OwnerChange {
        address identity;
        address newOwner;
        uint256 nonce;
        uint256 deadline;
    }

    /// @notice The key speaks for the identity from this block on. Neither identity nor key is the first topic: resolvers of
    /// did:ethr read every event that has the identity's address there.
    /// @param owner of the identity at that time
    event KeyEnrolled(
        bytes32 indexed profile,
        KeyId indexed keyId,
        address indexed identity,
        address owner,
        uint8 algorithm,
        uint16 purpose
    );

    /// @notice The key no longer speaks for the identity.
    /// @param lastGood digest of the last good statement; zero = none is good that no anchor covers yet
    event KeyRevoked(bytes32 indexed lastGood, KeyId indexed keyId, address indexed identity);

    error DeviceRegistryExpired(uint256 deadline);
    error DeviceRegistryInvalidNonce(address identity, uint256 expected, uint256 actual);
    error DeviceRegistryInvalidPurpose(uint16 purpose);
    error DeviceRegistryUnsupportedAlgorithm(uint8 algorithm);
    error DeviceRegistryPublicKeyLength(uint8 algorithm, uint256 length);
    /// @notice The enrolment names another owner than the identity has.
    error DeviceRegistryOwnerMismatch(address identity, address expected, address actual);
    /// @notice The holder of the key did not sign this enrolment.
    error DeviceRegistryInvalidPossession(KeyId keyId);
    error DeviceRegistryInvalidOwnerSignature(address owner);
    /// @notice A key record is written once.
    error DeviceRegistryKeyExists(address identity, KeyId keyId);
    error DeviceRegistryKeyUnknown(address identity, KeyId keyId);
    error DeviceRegistryKeyRevoked(address identity, KeyId keyId);
    /// @notice An enrolled key is a `veriKey` delegate for as long as its record says, and in no other way.
    error DeviceRegistryDelegateEnrolled(address identity, KeyId keyId);
    error DeviceRegistryRotationMismatch(address revoked, address enrolled);

    /// @notice Enrols a key. Anyone may send it; the key's holder and the owner have signed it.
    ///
    /// The owner is the identity's owner, by ECDSA or ERC-1271. When the identity is the key's own (its address, or the
    /// end of its key identifier) and still owns itself, the holder's signature gives it to the owner.
    /// @param proofOfPossession signature of the EIP-712 digest by the key: 65 bytes r ‖ s ‖ v (secp256k1); 64 bytes r ‖ s
    /// over the digest's SHA-256, low s (P-256)
    /// @param ownerSignature signature of the same digest
    function enrol(
        Enrolment calldata enrolment,
        bytes calldata proofOfPossession,
        bytes calldata ownerSignature
    ) external;

    /// @notice Owner only.
    function revoke(address identity, KeyId keyId, bytes32 lastGood) external;

    /// @notice Revokes with the owner's signature. Anyone may send it.
    function revokeBySig(Revocation calldata revocation, bytes calldata ownerSignature) external;

    /// @notice Revokes one key of an identity and enrols another in its place, or does neither.
    function rotate(
        Revocation calldata revocation,
        bytes calldata revocationSignature,
        Enrolment calldata enrolment,
        bytes calldata proofOfPossession,
        bytes calldata ownerSignature
    ) external;

    /// @notice Changes the owner with the owner's signature. Anyone may send it.
    function changeOwnerBySig(OwnerChange calldata change, bytes calldata ownerSignature) external;

    /// @return validFrom block time of the enrolment, seconds since the Unix epoch; 0 = never enrolled
    /// @return revokedAt block time of the revocation; 0 = not revoked
    /// @return purpose 1 device, 2 operator, 3 witness, 4 member
    /// @return algorithm 1 secp256k1, 2 P-256
    /// @return profile SHA-256 of the profile document
    /// @return lastGood digest of the last good statement, named by the revocation
    function keyRecord(
        address identity,
        KeyId keyId
    )
        external
        view
        returns (
            uint64 validFrom,
            uint64 revokedAt,
            uint16 purpose,
            uint8 algorithm,
            bytes32 profile,
            bytes32 lastGood
        );

    /// @notice Whether the key speaks for the identity in this block.
    function speaksFor(address identity, KeyId keyId) external view returns (bool);

    /// @notice EIP-712 digest that an enrolment's signatures are of.
    function enrolmentDigest(Enrolment calldata enrolment) external view returns (bytes32);

    function revocationDigest(Revocation calldata revocation) external view returns (bytes32);

    function ownerChangeDigest(OwnerChange calldata change) external view returns (bytes32);

    /// @notice The EIP-712 domain (ERC-5267).
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}
