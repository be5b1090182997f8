// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IDeviceRegistry} from "../interfaces/IDeviceRegistry.sol";

/// @title EIP-712 digests of the registry's signed calls
/// @notice The domain separator is computed in each call, not kept as an immutable: the deployed code is then the same on
/// every chain, and one code hash is trusted on all of them.
library RegistryDigest {
    string internal constant NAME = "Gridseal DeviceRegistry";
    string internal constant VERSION = "1";

    bytes32 private constant DOMAIN_TYPE_HASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant ENROLMENT_TYPE_HASH = keccak256(
        "Enrolment(address identity,address owner,uint8 algorithm,bytes publicKey,uint16 purpose,bytes32 profile,uint256 deadline)"
    );
    bytes32 private constant REVOCATION_TYPE_HASH = keccak256(
        "Revocation(address identity,bytes32 keyId,bytes32 lastGood,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant OWNER_CHANGE_TYPE_HASH = keccak256(
        "OwnerChange(address identity,address newOwner,uint256 nonce,uint256 deadline)"
    );
    // Of literals: the hash of a constant string is computed in each call.
    bytes32 private constant NAME_HASH = keccak256("Gridseal DeviceRegistry");
    bytes32 private constant VERSION_HASH = keccak256("1");

    /// @param publicKey of the enrolment
    function ofEnrolment(
        IDeviceRegistry.Enrolment calldata enrolment,
        bytes calldata publicKey
    ) internal view returns (bytes32) {
        bytes32 typeHash = ENROLMENT_TYPE_HASH;
        bytes32 structHash;
        // The members lie in calldata as EIP-712 encodes them, but for the public key, whose place holds its offset. Memory
        // beyond the free pointer is used and not kept.
        assembly ("memory-safe") {
            let words := mload(0x40)
            calldatacopy(words, publicKey.offset, publicKey.length)
            let publicKeyHash := keccak256(words, publicKey.length)
            mstore(words, typeHash)
            calldatacopy(add(words, 32), enrolment, 224)
            mstore(add(words, 128), publicKeyHash)
            structHash := keccak256(words, 256)
        }
        return _digest(structHash);
    }

    function ofRevocation(IDeviceRegistry.Revocation calldata revocation) internal view returns (bytes32) {
        return
            _digest(
                keccak256(
                    abi.encode(
                        REVOCATION_TYPE_HASH,
                        revocation.identity,
                        revocation.keyId,
                        revocation.lastGood,
                        revocation.nonce,
                        revocation.deadline
                    )
                )
            );
    }

    function ofOwnerChange(IDeviceRegistry.OwnerChange calldata change) internal view returns (bytes32) {
        return
            _digest(
                keccak256(
                    abi.encode(
                        OWNER_CHANGE_TYPE_HASH,
                        change.identity,
                        change.newOwner,
                        change.nonce,
                        change.deadline
                    )
                )
            );
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(DOMAIN_TYPE_HASH, NAME_HASH, VERSION_HASH, block.chainid, address(this))
        );
        return MessageHashUtils.toTypedDataHash(separator, structHash);
    }
}
