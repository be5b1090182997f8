// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1056} from "./ERC1056.sol";
import {KeyRecordStore} from "./KeyRecordStore.sol";
import {IDeviceRegistry} from "./interfaces/IDeviceRegistry.sol";
import {IERC1056} from "./interfaces/IERC1056.sol";
import {KeySignature} from "./libraries/KeySignature.sol";
import {RegistryDigest} from "./libraries/RegistryDigest.sol";
import {IdentityStanding} from "./types/IdentityStanding.sol";
import {KeyId} from "./types/KeyId.sol";
import {KeyStanding, KeyStandings} from "./types/KeyStanding.sol";

/// @dev See {IDeviceRegistry}.
contract DeviceRegistry is KeyRecordStore, ERC1056, IDeviceRegistry {
    uint16 private constant LAST_PURPOSE = 4;
    /// @dev The delegate type under which did:ethr resolvers list a key that verifies signatures.
    bytes32 private constant VERI_KEY = "veriKey";
    bytes32 private constant VERI_KEY_HASH = keccak256(abi.encode(VERI_KEY));

    /// @inheritdoc IDeviceRegistry
    function enrol(
        Enrolment calldata enrolment,
        bytes calldata proofOfPossession,
        bytes calldata ownerSignature
    ) external {
        _enrol(enrolment, proofOfPossession, ownerSignature);
    }

    /// @inheritdoc IDeviceRegistry
    function revoke(address identity, KeyId keyId, bytes32 lastGood) external onlyOwner(identity) {
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
    ) external {
        if (revocation.identity != enrolment.identity) {
            revert DeviceRegistryRotationMismatch(revocation.identity, enrolment.identity);
        }
        _revokeBySig(revocation, revocationSignature);
        _enrol(enrolment, proofOfPossession, ownerSignature);
    }

    /// @inheritdoc IDeviceRegistry
    function changeOwnerBySig(OwnerChange calldata change, bytes calldata ownerSignature) external {
        _requireInTime(change.deadline);
        _takeNonce(change.identity, change.nonce);
        bytes32 digest = RegistryDigest.ofOwnerChange(change);
        _requireOwnerSignature(identityOwner(change.identity), digest, ownerSignature);
        _changeOwner(change.identity, change.newOwner);
    }

    /// @inheritdoc IDeviceRegistry
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
        )
    {
        KeyRecord storage record = _keyRecords[identity][keyId];
        KeyStanding standing = record.standing;
        validFrom = standing.validFrom();
        revokedAt = standing.revokedAt();
        purpose = standing.purpose();
        algorithm = standing.algorithm();
        profile = record.profile;
        lastGood = record.lastGood;
    }

    /// @inheritdoc IDeviceRegistry
    function speaksFor(address identity, KeyId keyId) external view returns (bool) {
        return _keyRecords[identity][keyId].standing.speaks();
    }

    /// @inheritdoc IDeviceRegistry
    function enrolmentDigest(Enrolment calldata enrolment) external view returns (bytes32) {
        return RegistryDigest.ofEnrolment(enrolment, enrolment.publicKey);
    }

    /// @inheritdoc IDeviceRegistry
    function revocationDigest(Revocation calldata revocation) external view returns (bytes32) {
        return RegistryDigest.ofRevocation(revocation);
    }

    /// @inheritdoc IDeviceRegistry
    function ownerChangeDigest(OwnerChange calldata change) external view returns (bytes32) {
        return RegistryDigest.ofOwnerChange(change);
    }

    /// @inheritdoc IDeviceRegistry
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
        )
    {
        // Bits 0 to 3: name, version, chain and contract; no salt, no extensions.
        fields = hex"0f";
        name = RegistryDigest.NAME;
        version = RegistryDigest.VERSION;
        chainId = block.chainid;
        verifyingContract = address(this);
        salt = bytes32(0);
        extensions = new uint256[](0);
    }

    /// @inheritdoc IERC1056
    function delegates(
        address identity,
        bytes32 delegateType,
        address delegate
    ) public view override(ERC1056, IERC1056) returns (uint256 validTo) {
        // An enrolled key is a delegate by its record, whatever was set before it was enrolled.
        if (delegateType == VERI_KEY_HASH) {
            KeyStanding standing = _keyRecords[identity][KeySignature.keyIdOf(delegate)].standing;
            if (standing.exists()) return standing.speaks() ? type(uint64).max : standing.revokedAt();
        }
        return super.delegates(identity, delegateType, delegate);
    }

    function _setDelegate(
        address identity,
        bytes32 delegateType,
        address delegate,
        uint256 validTo
    ) internal override {
        KeyId keyId = KeySignature.keyIdOf(delegate);
        if (delegateType == VERI_KEY && _keyRecords[identity][keyId].standing.exists()) {
            revert DeviceRegistryDelegateEnrolled(identity, keyId);
        }
        super._setDelegate(identity, delegateType, delegate, validTo);
    }

    function _enrol(
        Enrolment calldata enrolment,
        bytes calldata proofOfPossession,
        bytes calldata ownerSignature
    ) private {
        _requireInTime(enrolment.deadline);
        uint16 purpose = enrolment.purpose;
        if (purpose == 0 || purpose > LAST_PURPOSE) revert DeviceRegistryInvalidPurpose(purpose);
        address identity = enrolment.identity;
        address owner = enrolment.owner;
        uint8 algorithm = enrolment.algorithm;
        bytes calldata publicKey = enrolment.publicKey;
        KeyId keyId = _keyIdOf(algorithm, publicKey);
        KeyRecord storage record = _keyRecords[identity][keyId];
        if (record.standing.exists()) revert DeviceRegistryKeyExists(identity, keyId);

        bytes32 digest = RegistryDigest.ofEnrolment(enrolment, publicKey);
        if (!KeySignature.isOfKey(algorithm, publicKey, digest, proofOfPossession)) {
            revert DeviceRegistryInvalidPossession(keyId);
        }
        _requireOwnerSignature(owner, digest, ownerSignature);

        record.standing = KeyStandings.pack(uint64(block.timestamp), purpose, algorithm);
        record.profile = enrolment.profile;
        emit KeyEnrolled(enrolment.profile, keyId, identity, owner, algorithm, purpose);
        _announce(identity, owner, keyId, algorithm);
    }

    /// @dev Tells did:ethr of the key and, at the first enrolment of its own identity, of the owner. To be called once the
    /// key's holder and `owner` are known to have signed. Writes the identity's slot once for both.
    function _announce(address identity, address owner, KeyId keyId, uint8 algorithm) private {
        IdentityStanding standing = _standings[identity];
        IdentityStanding next = standing;
        address current = _ownerOf(identity, standing);
        address key = KeySignature.identityOf(keyId);
        if (owner != current) {
            // Until someone else owns it, a key's own identity is in the hands of the key's holder.
            if (current != identity || key != identity) {
                revert DeviceRegistryOwnerMismatch(identity, current, owner);
            }
            next = standing.withOwner(owner).touched();
            emit DIDOwnerChanged(identity, owner, standing.changed());
        }
        if (algorithm == KeySignature.SECP256K1) {
            next = next.touched();
            emit DIDDelegateChanged(identity, VERI_KEY, key, type(uint64).max, standing.changed());
        }
        _standings[identity] = next;
    }

    function _revokeBySig(Revocation calldata revocation, bytes calldata ownerSignature) private {
        _requireInTime(revocation.deadline);
        _takeNonce(revocation.identity, revocation.nonce);
        bytes32 digest = RegistryDigest.ofRevocation(revocation);
        _requireOwnerSignature(identityOwner(revocation.identity), digest, ownerSignature);
        _revoke(revocation.identity, revocation.keyId, revocation.lastGood);
    }

    function _revoke(address identity, KeyId keyId, bytes32 lastGood) private {
        KeyRecord storage record = _keyRecords[identity][keyId];
        KeyStanding standing = record.standing;
        if (!standing.exists()) revert DeviceRegistryKeyUnknown(identity, keyId);
        if (!standing.speaks()) revert DeviceRegistryKeyRevoked(identity, keyId);
        record.standing = standing.revoked(uint64(block.timestamp));
        record.lastGood = lastGood;
        emit KeyRevoked(lastGood, keyId, identity);
        if (standing.algorithm() == KeySignature.SECP256K1) {
            address key = KeySignature.identityOf(keyId);
            emit DIDDelegateChanged(identity, VERI_KEY, key, 0, _touch(identity));
        }
    }

    function _takeNonce(address identity, uint256 given) private {
        uint256 expected = _useNonce(identity);
        if (given != expected) revert DeviceRegistryInvalidNonce(identity, expected, given);
    }

    function _requireInTime(uint256 deadline) private view {
        if (block.timestamp > deadline) revert DeviceRegistryExpired(deadline);
    }

    function _requireOwnerSignature(address owner, bytes32 digest, bytes calldata signature) private view {
        if (!KeySignature.isOfAccount(owner, digest, signature)) {
            revert DeviceRegistryInvalidOwnerSignature(owner);
        }
    }

    function _keyIdOf(uint8 algorithm, bytes calldata publicKey) private pure returns (KeyId) {
        uint256 length = KeySignature.publicKeyLength(algorithm);
        if (length == 0) revert DeviceRegistryUnsupportedAlgorithm(algorithm);
        if (publicKey.length != length) revert DeviceRegistryPublicKeyLength(algorithm, publicKey.length);
        return KeySignature.keyIdOf(algorithm, publicKey);
    }
}
