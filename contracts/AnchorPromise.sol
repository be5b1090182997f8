// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAnchorPromise} from "./interfaces/IAnchorPromise.sol";
import {IEvidenceLog} from "./interfaces/IEvidenceLog.sol";
import {KeySignature} from "./libraries/KeySignature.sol";
import {ReceiptDigest} from "./libraries/ReceiptDigest.sol";
import {Rfc6962} from "./libraries/Rfc6962.sol";
import {AnchoredStates} from "./types/AnchoredState.sol";
import {LogId} from "./types/LogId.sol";

/// @dev See {IAnchorPromise}.
contract AnchorPromise is IAnchorPromise {
    /// @dev Long enough to answer after a weekend, short enough to be told within the week.
    uint64 private constant RESPONSE_WINDOW = 3 days;

    mapping(bytes32 receiptDigest => Challenge) private _challenges;
    mapping(IEvidenceLog evidenceLog => mapping(LogId logId => mapping(bytes32 record => bool)))
        private _recorded;

    /// @inheritdoc IAnchorPromise
    function challenge(
        IEvidenceLog evidenceLog,
        Receipt calldata receipt,
        bytes calldata signature
    ) external returns (bytes32 digest) {
        address operator = _operatorOf(evidenceLog, receipt.logId);
        digest = ReceiptDigest.compute(evidenceLog, receipt);
        if (
            signature.length != 66 ||
            uint8(signature[0]) != KeySignature.SECP256K1 ||
            !KeySignature.isOfAddress(operator, digest, signature[1:])
        ) revert AnchorPromiseInvalidSignature(operator);
        if (block.timestamp <= receipt.deadline) revert AnchorPromiseNotDue(receipt.deadline);
        if (_challenges[digest].answerBy != 0) revert AnchorPromiseAlreadyChallenged(digest);
        uint64 answerBy = uint64(block.timestamp) + RESPONSE_WINDOW;
        _challenges[digest] = Challenge({
            evidenceLog: evidenceLog,
            deadline: receipt.deadline,
            logId: receipt.logId,
            entryHash: receipt.entryHash,
            answerBy: answerBy,
            answeredAt: 0,
            brokenAt: 0
        });
        emit PromiseChallenged(
            digest,
            evidenceLog,
            receipt.logId,
            receipt.digest,
            receipt.entryHash,
            receipt.deadline,
            answerBy
        );
    }

    /// @inheritdoc IAnchorPromise
    function answer(bytes32 digest, Coverage calldata coverage) external {
        Challenge memory open = _requireOpen(digest);
        if (block.timestamp > open.answerBy) revert AnchorPromiseWindowOver(open.answerBy);
        uint64 time = coverage.state.time;
        if (time > open.deadline) revert AnchorPromiseAnchoredLate(open.deadline, time);
        if (isRecorded(open.evidenceLog, open.logId, coverage.state)) _requireCovered(open, coverage);
        else {
            open.evidenceLog.requireInclusionInPrefix(
                open.logId,
                coverage.state,
                coverage.position,
                coverage.size,
                coverage.root,
                coverage.consistency,
                open.entryHash,
                coverage.index,
                coverage.path
            );
        }
        _challenges[digest].answeredAt = uint64(block.timestamp);
        emit PromiseKept(digest, open.evidenceLog, open.logId, coverage.index, time);
    }

    /// @inheritdoc IAnchorPromise
    function conclude(bytes32 digest) external {
        Challenge memory open = _requireOpen(digest);
        if (block.timestamp <= open.answerBy) revert AnchorPromiseWindowOpen(open.answerBy);
        _challenges[digest].brokenAt = uint64(block.timestamp);
        emit PromiseBroken(digest, open.evidenceLog, open.logId, open.deadline);
    }

    /// @inheritdoc IAnchorPromise
    function recordAnchor(
        IEvidenceLog evidenceLog,
        LogId logId,
        IEvidenceLog.Anchor calldata state
    ) external {
        bytes32 record = _recordOf(state);
        if (_recorded[evidenceLog][logId][record]) return;
        // The position matters to those who prove an inclusion in the log itself.
        // slither-disable-next-line unused-return
        (bool found, ) = evidenceLog.locate(logId, state);
        if (!found) revert AnchorPromiseAnchorUnknown(logId, state.size, state.root);
        _recorded[evidenceLog][logId][record] = true;
        emit AnchorRecorded(
            evidenceLog,
            logId,
            state.size,
            state.epoch,
            state.root,
            state.time,
            state.blockNumber
        );
    }

    /// @inheritdoc IAnchorPromise
    function isRecorded(
        IEvidenceLog evidenceLog,
        LogId logId,
        IEvidenceLog.Anchor calldata state
    ) public view returns (bool) {
        return _recorded[evidenceLog][logId][_recordOf(state)];
    }

    /// @inheritdoc IAnchorPromise
    function challengeOf(bytes32 digest) external view returns (Challenge memory) {
        return _challenges[digest];
    }

    /// @inheritdoc IAnchorPromise
    function receiptDigest(
        IEvidenceLog evidenceLog,
        Receipt calldata receipt
    ) external view returns (bytes32) {
        return ReceiptDigest.compute(evidenceLog, receipt);
    }

    /// @inheritdoc IAnchorPromise
    function responseWindow() external pure returns (uint64) {
        return RESPONSE_WINDOW;
    }

    function _operatorOf(IEvidenceLog evidenceLog, LogId logId) private view returns (address operator) {
        // A call to an address without code would revert and say nothing.
        if (address(evidenceLog).code.length == 0) revert AnchorPromiseLogUnknown(evidenceLog, logId);
        operator = evidenceLog.operator(logId);
        if (operator == address(0)) revert AnchorPromiseLogUnknown(evidenceLog, logId);
    }

    function _requireOpen(bytes32 digest) private view returns (Challenge memory open) {
        open = _challenges[digest];
        if (address(open.evidenceLog) == address(0)) revert AnchorPromiseNotChallenged(digest);
        if (open.answeredAt != 0 || open.brokenAt != 0) {
            revert AnchorPromiseSettled(digest, open.answeredAt, open.brokenAt);
        }
    }

    /// @dev As EvidenceLog judges, for an anchor that it may have forgotten.
    function _requireCovered(Challenge memory open, Coverage calldata coverage) private view {
        IEvidenceLog.Anchor calldata state = coverage.state;
        Rfc6962.requireConsistency(
            coverage.size,
            coverage.root,
            state.size,
            state.root,
            coverage.consistency
        );
        Rfc6962.requireInclusion(open.entryHash, coverage.index, coverage.size, coverage.root, coverage.path);
        uint64 current = open.evidenceLog.head(open.logId).epoch;
        for (uint64 earlier = state.epoch; earlier < current; ++earlier) {
            // An epoch is started by an owner and guardians over days: there are never many.
            // slither-disable-next-line calls-loop
            if (coverage.index >= open.evidenceLog.prefixOf(open.logId, earlier)) {
                revert AnchorPromiseLeafAbandoned(open.logId, earlier, coverage.index);
            }
        }
    }

    function _recordOf(IEvidenceLog.Anchor calldata state) private pure returns (bytes32) {
        return AnchoredStates.pack(state.epoch, state.size, state.time, state.blockNumber).record(state.root);
    }
}
