// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KeySignature} from "../../../contracts/libraries/KeySignature.sol";

/// @dev The library as calls, so that vectors can be put to it.
contract KeySignatureHarness {
    function isOfP256Key(
        bytes calldata publicKey,
        bytes32 messageHash,
        bytes calldata signature
    ) external view returns (bool) {
        return KeySignature.isOfP256Key(publicKey, messageHash, signature);
    }
}
