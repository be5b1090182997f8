// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ERC1056} from "./ERC1056.sol";
import {KeyRecords} from "./KeyRecords.sol";
import {IDeviceRegistry} from "./interfaces/IDeviceRegistry.sol";
import {RegistryDigest} from "./libraries/RegistryDigest.sol";

/// @title Devices, their keys and who owns them
contract DeviceRegistry is KeyRecords, ERC1056, IDeviceRegistry {
    uint8 private constant SECP256K1 = 1;
    uint8 private constant P_256 = 2;
    uint16 private constant LAST_PURPOSE = 4;

    /// @inheritdoc IDeviceRegistry
    function enrol(
        Enrolment calldata enrolment,
        bytes calldata proofOfPossession,
        bytes calldata ownerSignature
    ) external returns (bytes32 keyId) {
        return _enrol(enrolment, proofOfPossession, ownerSignature);
    }

    /// @inheritdoc IDeviceRegistry
    function revoke(
        address identity,
        bytes32 keyId,
        bytes32 lastGood
    ) external onlyIdentityOwner(identity) {
        _revoke(identity, keyId, lastGood);
    }

    /// @inheritdoc IDeviceRegistry
    function revokeBySig(Revocation calldata revocation, bytes calldata ownerSignature) external {
        _revokeBySig(revocation, ownerSignature);
    }

    /// @inheritdoc IDeviceRegistry
    function rotate(
        Revocation calldata revocation,
        bytes calldata revocationSignature,
        Enrolment calldata enrolment,
        bytes calldata proofOfPossession,
        bytes calldata ownerSignature
    ) external returns (bytes32 keyId) {
        if (revocation.identity != enrolment.identity) {
            revert DeviceRegistryUnauthorized(enrolment.identity, revocation.identity);
        }
        _revokeBySig(revocation, revocationSignature);
        return _enrol(enrolment, proofOfPossession, ownerSignature);
    }

    /// @inheritdoc IDeviceRegistry
    function changeOwnerBySig(OwnerChange calldata change, bytes calldata ownerSignature) external {
        address current = identityOwner(change.identity);
        _useNonce(current, change.nonce);
        _requireOwnerSigned(current, RegistryDigest.ofOwnerChange(change), change.deadline, ownerSignature);
        _setOwner(change.identity, change.newOwner);
    }

    /// @inheritdoc IDeviceRegistry
    function keyRecord(address identity, bytes32 keyId) external view returns (KeyRecord memory) {
        return _records[identity][keyId];
    }

    /// @inheritdoc IDeviceRegistry
    function enrolmentDigest(Enrolment calldata enrolment) external view returns (bytes32) {
        return RegistryDigest.ofEnrolment(enrolment);
    }

    /// @inheritdoc IDeviceRegistry
    function revocationDigest(Revocation calldata revocation) external view returns (bytes32) {
        return RegistryDigest.ofRevocation(revocation);
    }

    function _enrol(
        Enrolment calldata enrolment,
        bytes calldata proofOfPossession,
        bytes calldata ownerSignature
    ) private returns (bytes32 keyId) {
        if (enrolment.purpose == 0 || enrolment.purpose > LAST_PURPOSE) {
            revert DeviceRegistryInvalidPurpose(enrolment.purpose);
        }
        address identity = enrolment.identity;
        bytes32 digest = RegistryDigest.ofEnrolment(enrolment);
        keyId = _possessedKey(enrolment, digest, proofOfPossession);
        // A key may open the identity that its own identifier ends in; any other needs an owner on record.
        bool opens = identity == address(uint160(uint256(keyId))) && !_isOwned(identity);
        if (!opens && enrolment.owner != identityOwner(identity)) {
            revert DeviceRegistryUnauthorized(identity, enrolment.owner);
        }
        _requireOwnerSigned(enrolment.owner, digest, enrolment.deadline, ownerSignature);

        KeyRecord storage record = _records[identity][keyId];
        if (record.validFrom != 0) revert DeviceRegistryKeyExists(identity, keyId);
        record.validFrom = uint64(block.timestamp);
        record.purpose = enrolment.purpose;
        record.algorithm = enrolment.algorithm;
        record.profile = enrolment.profile;
        if (opens) _setOwner(identity, enrolment.owner);
        emit KeyEnrolled(
            identity,
            keyId,
            enrolment.owner,
            enrolment.algorithm,
            enrolment.purpose,
            enrolment.profile
        );
    }

    /// @dev The identifier of the key that signed the digest.
    function _possessedKey(
        Enrolment calldata enrolment,
        bytes32 digest,
        bytes calldata proof
    ) private view returns (bytes32) {
        bytes calldata publicKey = enrolment.publicKey;
        if (enrolment.algorithm == SECP256K1) {
            if (publicKey.length != 0) revert DeviceRegistryInvalidPublicKey();
            (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, proof);
            if (failure != ECDSA.RecoverError.NoError) {
                revert DeviceRegistryInvalidPossession(enrolment.identity);
            }
            return bytes32(uint256(uint160(signer)));
        }
        if (enrolment.algorithm != P_256) revert DeviceRegistryInvalidAlgorithm(enrolment.algorithm);
        if (publicKey.length != 64) revert DeviceRegistryInvalidPublicKey();
        if (
            proof.length != 64 ||
            !P256.verify(
                sha256(abi.encode(digest)),
                bytes32(proof[:32]),
                bytes32(proof[32:]),
                bytes32(publicKey[:32]),
                bytes32(publicKey[32:])
            )
        ) revert DeviceRegistryInvalidPossession(enrolment.identity);
        return keccak256(abi.encodePacked("gridseal:p256", publicKey));
    }

    function _revokeBySig(Revocation calldata revocation, bytes calldata ownerSignature) private {
        address owner = identityOwner(revocation.identity);
        _useNonce(owner, revocation.nonce);
        _requireOwnerSigned(owner, RegistryDigest.ofRevocation(revocation), revocation.deadline, ownerSignature);
        _revoke(revocation.identity, revocation.keyId, revocation.lastGood);
    }

    function _revoke(address identity, bytes32 keyId, bytes32 lastGood) private {
        KeyRecord storage record = _records[identity][keyId];
        if (record.validFrom == 0 || record.revokedAt != 0) {
            revert DeviceRegistryKeyNotActive(identity, keyId);
        }
        record.revokedAt = uint64(block.timestamp);
        record.lastGood = lastGood;
        emit KeyRevoked(identity, keyId, lastGood);
    }

    function _useNonce(address owner, uint256 actual) private {
        uint256 expected = _nonces[owner];
        if (actual != expected) revert DeviceRegistryInvalidNonce(owner, expected, actual);
        _nonces[owner] = expected + 1;
    }

    function _requireOwnerSigned(
        address owner,
        bytes32 digest,
        uint256 deadline,
        bytes calldata signature
    ) private view {
        if (block.timestamp > deadline) revert DeviceRegistryExpired(deadline);
        if (signature.length == 0 && msg.sender == owner) return;
        // An account's own signature is tried first: it needs no look at the owner's code.
        (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && signer == owner) return;
        if (!SignatureChecker.isValidERC1271SignatureNow(owner, digest, signature)) {
            revert DeviceRegistryInvalidOwnerSignature(owner);
        }
    }
}
