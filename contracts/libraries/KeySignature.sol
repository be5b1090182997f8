// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {KeyId} from "../types/KeyId.sol";

/// @title Signatures of device keys and owners
library KeySignature {
    uint8 internal constant SECP256K1 = 1;
    uint8 internal constant P_256 = 2;

    /// @notice Length of a public key, 0 for an algorithm that cannot be enrolled.
    function publicKeyLength(uint8 algorithm) internal pure returns (uint256) {
        if (algorithm == SECP256K1) return 20;
        return algorithm == P_256 ? 64 : 0;
    }

    /// @notice Names a public key of the right length.
    function keyIdOf(uint8 algorithm, bytes calldata publicKey) internal pure returns (KeyId) {
        if (algorithm == SECP256K1) return keyIdOf(address(bytes20(publicKey)));
        return KeyId.wrap(keccak256(bytes.concat("gridseal:p256", publicKey)));
    }

    /// @notice Names the secp256k1 key of an address.
    function keyIdOf(address account) internal pure returns (KeyId) {
        return KeyId.wrap(bytes32(uint256(uint160(account))));
    }

    /// @notice The identity that a key speaks for from the start.
    function identityOf(KeyId keyId) internal pure returns (address) {
        return address(uint160(uint256(KeyId.unwrap(keyId))));
    }

    /// @notice Whether the key signed the digest; high-s signatures are refused.
    /// @param publicKey of the right length for its algorithm
    function isOfKey(
        uint8 algorithm,
        bytes calldata publicKey,
        bytes32 digest,
        bytes calldata signature
    ) internal view returns (bool) {
        if (algorithm == SECP256K1) return isOfAddress(address(bytes20(publicKey)), digest, signature);
        // Secure elements hash whatever they sign.
        return isOfP256Key(publicKey, sha256(bytes.concat(digest)), signature);
    }

    /// @notice Whether a P-256 key signed what has this SHA-256. The precompile answers first, and OpenZeppelin's own
    /// arithmetic where there is none.
    /// @param publicKey x ‖ y
    /// @param signature r ‖ s with s in the lower half
    function isOfP256Key(
        bytes calldata publicKey,
        bytes32 messageHash,
        bytes calldata signature
    ) internal view returns (bool) {
        if (signature.length != 64) return false;
        return
            P256.verify(
                messageHash,
                bytes32(signature[:32]),
                bytes32(signature[32:]),
                bytes32(publicKey[:32]),
                bytes32(publicKey[32:])
            );
    }

    /// @notice Whether the secp256k1 key of an address signed the digest; high-s signatures are refused.
    function isOfAddress(
        address account,
        bytes32 digest,
        bytes calldata signature
    ) internal pure returns (bool) {
        // The third value only explains a problem.
        // slither-disable-next-line unused-return
        (address recovered, ECDSA.RecoverError problem, ) = ECDSA.tryRecoverCalldata(digest, signature);
        return problem == ECDSA.RecoverError.NoError && recovered == account;
    }

    /// @notice Whether an account signed the digest, by ECDSA or as a contract by ERC-1271.
    function isOfAccount(
        address account,
        bytes32 digest,
        bytes calldata signature
    ) internal view returns (bool) {
        // ECDSA first: it settles most calls, and asking an account for its code costs more than recovering its key.
        return
            isOfAddress(account, digest, signature) ||
            SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature);
    }
}
