// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeyId} from "../../../contracts/types/KeyId.sol";
import {KeySignature} from "../../../contracts/libraries/KeySignature.sol";

/// @dev The library as calls, so that vectors can be put to it.
contract KeySignatureHarness {
    function keyIdOf(uint8 algorithm, bytes calldata publicKey) external pure returns (bytes32) {
        return KeyId.unwrap(KeySignature.keyIdOf(algorithm, publicKey));
    }

    function identityOf(bytes32 keyId) external pure returns (address) {
        return KeySignature.identityOf(KeyId.wrap(keyId));
    }

    function isOfKey(
        uint8 algorithm,
        bytes calldata publicKey,
        bytes32 digest,
        bytes calldata signature
    ) external view returns (bool) {
        return KeySignature.isOfKey(algorithm, publicKey, digest, signature);
    }

    function isOfP256Key(
        bytes calldata publicKey,
        bytes32 messageHash,
        bytes calldata signature
    ) external view returns (bool) {
        return KeySignature.isOfP256Key(publicKey, messageHash, signature);
    }
}
