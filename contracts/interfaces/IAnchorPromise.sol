// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogId} from "../types/LogId.sol";
import {IEvidenceLog} from "./IEvidenceLog.sol";

/// @title Proof that a log was not anchored when its receipt promised
/// @notice A receipt promises that an anchor covers its entry by a time. Nobody can prove that something was never done,
/// so whoever holds a receipt challenges it once its time has passed, and anyone may answer with an anchor of that time
/// that covers the entry. A challenge without an answer is concluded: the broken promise is on record for good. The
/// contract has no owner, keeps no money and serves every log of every EvidenceLog on its chain.
interface IAnchorPromise {
    /// @notice What the operator of a log signed, as EIP-712 in the domain of the log's EvidenceLog.
    /// @param digest EIP-712 digest of the statement
    /// @param entryHash RFC 6962 leaf hash of its log entry
    /// @param receiptTimeMs when it was taken, milliseconds since the Unix epoch
    /// @param deadline time of the latest block whose anchor keeps the promise, seconds since the Unix epoch
    struct Receipt {
        LogId logId;
        bytes32 digest;
        bytes32 entryHash;
        uint64 receiptTimeMs;
        uint64 deadline;
    }

    /// @notice A receipt that awaits, or awaited, its answer.
    /// @param answerBy last second in which an answer is heard; 0 = nobody challenged the receipt
    /// @param answeredAt when it was answered; 0 = it was not
    /// @param brokenAt when it was concluded; 0 = it was not
    struct Challenge {
        IEvidenceLog evidenceLog;
        uint64 deadline;
        LogId logId;
        bytes32 entryHash;
        uint64 answerBy;
        uint64 answeredAt;
        uint64 brokenAt;
    }

    /// @notice How an anchor covers an entry.
    /// @param state anchor that is recorded here, or that its EvidenceLog still knows
    /// @param position ring slot as {IEvidenceLog-locate} gives it; any for a recorded anchor or the first of a day
    /// @param size leaves of the state that holds the entry: the anchor's own, or an older one
    /// @param root RFC 6962 root of `size`
    /// @param consistency RFC 6962 path from `size` to the anchor; empty where they are the same
    /// @param index of the entry, from 0
    /// @param path RFC 6962 inclusion path of the entry in `size`, from the leaf up
    struct Coverage {
        IEvidenceLog.Anchor state;
        uint32 position;
        uint64 size;
        bytes32 root;
        bytes32[] consistency;
        uint64 index;
        bytes32[] path;
    }

    /// @param receiptDigest EIP-712 digest of the receipt, by which the challenge is named
    /// @param digest of the statement
    event PromiseChallenged(
        bytes32 indexed receiptDigest,
        IEvidenceLog indexed evidenceLog,
        LogId indexed logId,
        bytes32 digest,
        bytes32 entryHash,
        uint64 deadline,
        uint64 answerBy
    );

    /// @param index of the entry
    /// @param time of the anchor that covers it, seconds since the Unix epoch
    event PromiseKept(
        bytes32 indexed receiptDigest,
        IEvidenceLog indexed evidenceLog,
        LogId indexed logId,
        uint64 index,
        uint64 time
    );
    event PromiseBroken(
        bytes32 indexed receiptDigest,
        IEvidenceLog indexed evidenceLog,
        LogId indexed logId,
        uint64 deadline
    );
    event AnchorRecorded(
        IEvidenceLog indexed evidenceLog,
        LogId indexed logId,
        uint64 indexed size,
        uint32 epoch,
        bytes32 root,
        uint64 time,
        uint64 blockNumber
    );

    /// @notice No contract at the address knows the log.
    error AnchorPromiseLogUnknown(IEvidenceLog evidenceLog, LogId logId);
    /// @notice The signature is not one that the log's operator made for this receipt.
    error AnchorPromiseInvalidSignature(address operator);
    /// @notice The promise can still be kept.
    error AnchorPromiseNotDue(uint64 deadline);
    error AnchorPromiseAlreadyChallenged(bytes32 receiptDigest);
    error AnchorPromiseNotChallenged(bytes32 receiptDigest);
    /// @notice The challenge was answered or concluded.
    error AnchorPromiseSettled(bytes32 receiptDigest, uint64 answeredAt, uint64 brokenAt);
    error AnchorPromiseWindowOver(uint64 answerBy);
    error AnchorPromiseWindowOpen(uint64 answerBy);
    /// @notice The anchor was made after the time that the receipt names.
    error AnchorPromiseAnchoredLate(uint64 deadline, uint64 time);
    error AnchorPromiseAnchorUnknown(LogId logId, uint64 size, bytes32 root);
    /// @notice A later epoch went on without the entry.
    error AnchorPromiseLeafAbandoned(LogId logId, uint64 epoch, uint64 index);

    /// @notice Challenges a receipt whose time has passed. Anyone may, once a receipt.
    /// @param evidenceLog contract that keeps the log's anchors: the receipt is signed for it
    /// @param signature 0x01 ‖ r ‖ s ‖ v of the log's operator, as receipts carry it
    /// @return receiptDigest names the challenge
    function challenge(
        IEvidenceLog evidenceLog,
        Receipt calldata receipt,
        bytes calldata signature
    ) external returns (bytes32 receiptDigest);

    /// @notice Closes a challenge with an anchor that was made in time and covers the entry. Anyone may.
    function answer(bytes32 receiptDigest, Coverage calldata coverage) external;

    /// @notice Records that a challenge was not answered in its window. Anyone may.
    function conclude(bytes32 receiptDigest) external;

    /// @notice Keeps an anchor for good. The ring of an EvidenceLog forgets; an operator who records one anchor within
    /// each span that receipts promise can answer for every promise kept, however late it is asked. Doing it again does nothing.
    function recordAnchor(IEvidenceLog evidenceLog, LogId logId, IEvidenceLog.Anchor calldata state) external;

    function isRecorded(
        IEvidenceLog evidenceLog,
        LogId logId,
        IEvidenceLog.Anchor calldata state
    ) external view returns (bool);

    /// @return all zero for a receipt that nobody challenged
    function challengeOf(bytes32 receiptDigest) external view returns (Challenge memory);

    /// @notice The digest that an operator signs: EIP-712, domain (Gridseal, 1, this chain, EvidenceLog, salt = log id).
    function receiptDigest(
        IEvidenceLog evidenceLog,
        Receipt calldata receipt
    ) external view returns (bytes32);

    /// @notice Seconds from a challenge to the last answer that is heard.
    function responseWindow() external pure returns (uint64);
}
