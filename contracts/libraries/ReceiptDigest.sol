// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IAnchorPromise} from "../interfaces/IAnchorPromise.sol";
import {IEvidenceLog} from "../interfaces/IEvidenceLog.sol";

/// @title EIP-712 digests of receipts
library ReceiptDigest {
    bytes32 private constant DOMAIN_TYPE_HASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    );
    bytes32 private constant RECEIPT_TYPE_HASH = keccak256(
        "Receipt(bytes32 logId,bytes32 digest,bytes32 entryHash,uint64 receiptTimeMs,uint64 deadline)"
    );
    bytes32 private constant NAME_HASH = keccak256("Gridseal");
    bytes32 private constant VERSION_HASH = keccak256("1");

    /// @notice The digest in the domain of the log: its EvidenceLog is the verifying contract, its id the salt.
    function compute(
        IEvidenceLog evidenceLog,
        IAnchorPromise.Receipt calldata receipt
    ) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                DOMAIN_TYPE_HASH,
                NAME_HASH,
                VERSION_HASH,
                block.chainid,
                address(evidenceLog),
                receipt.logId
            )
        );
        bytes32 struct_ = keccak256(
            abi.encode(
                RECEIPT_TYPE_HASH,
                receipt.logId,
                receipt.digest,
                receipt.entryHash,
                receipt.receiptTimeMs,
                receipt.deadline
            )
        );
        return MessageHashUtils.toTypedDataHash(domain, struct_);
    }
}
