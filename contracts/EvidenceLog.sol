// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEvidenceLog} from "./interfaces/IEvidenceLog.sol";
import {Rfc6962} from "./libraries/Rfc6962.sol";
import {RingHistory} from "./libraries/RingHistory.sol";
import {AnchoredState, AnchoredStates} from "./types/AnchoredState.sol";
import {LogHead, LogHeads} from "./types/LogHead.sol";
import {LogId} from "./types/LogId.sol";

/// @dev See {IEvidenceLog}.
contract EvidenceLog is IEvidenceLog {
    using RingHistory for RingHistory.History;

    struct NoteKey {
        uint64 fromSize;
        bytes32 key;
    }

    struct Log {
        LogHead head;
        address owner;
        uint8 quorum;
        uint64 epochDelay;
        address pendingOwner;
        uint32 proposals;
        address registry;
        address operator;
        EpochProposal proposal;
        NoteKey[] noteKeys;
        RingHistory.History history;
        mapping(address account => bool) submitters;
        mapping(address account => bool) guardians;
        mapping(uint64 epoch => uint64 size) prefixes;
        mapping(uint32 proposal => mapping(address guardian => bool)) approved;
    }

    mapping(LogId logId => Log) private _logs;

    modifier onlyOwner(LogId logId) {
        if (_logs[logId].owner != msg.sender) revert EvidenceLogUnauthorizedOwner(logId, msg.sender);
        _;
    }

    /// @inheritdoc IEvidenceLog
    function createLog(bytes32 salt, LogParameters calldata parameters) external returns (LogId logId) {
        logId = LogId.wrap(keccak256(abi.encode(block.chainid, address(this), msg.sender, salt)));
        Log storage log = _logs[logId];
        if (log.owner != address(0)) revert EvidenceLogExists(logId);
        uint256 guardians = parameters.guardians.length;
        if (parameters.quorum > guardians || (parameters.quorum == 0) != (guardians == 0)) {
            revert EvidenceLogInvalidQuorum(parameters.quorum, guardians);
        }
        _requireAccount(parameters.registry);
        _requireAccount(parameters.operator);
        log.owner = msg.sender;
        log.quorum = parameters.quorum;
        log.epochDelay = parameters.epochDelay;
        log.registry = parameters.registry;
        log.operator = parameters.operator;
        emit LogCreated(
            logId,
            msg.sender,
            parameters.registry,
            parameters.operator,
            parameters.quorum,
            parameters.epochDelay
        );
        log.noteKeys.push(NoteKey(0, parameters.noteKey));
        emit NoteKeySet(logId, 0, parameters.noteKey);
        for (uint256 i = 0; i < parameters.submitters.length; ++i) {
            _addSubmitter(logId, parameters.submitters[i]);
        }
        for (uint256 i = 0; i < guardians; ++i) {
            address guardian = parameters.guardians[i];
            _requireAccount(guardian);
            // One vote would otherwise count for two of the quorum.
            if (log.guardians[guardian]) revert EvidenceLogDuplicateGuardian(guardian);
            log.guardians[guardian] = true;
            emit GuardianAdded(logId, guardian);
        }
    }

    /// @inheritdoc IEvidenceLog
    function anchor(
        LogId logId,
        uint64 size,
        bytes32 root,
        bytes32 previousRoot,
        bytes32[] calldata proof,
        bytes32 manifest
    ) external {
        Log storage log = _logs[logId];
        if (!log.submitters[msg.sender]) revert EvidenceLogUnauthorizedSubmitter(logId, msg.sender);
        LogHead head_ = log.head;
        AnchoredState current = head_.state();
        uint64 currentSize = current.size();
        if (size == 0 || size >= Rfc6962.MAX_SIZE) revert EvidenceLogSizeOutOfRange(size);
        if (size < currentSize) revert EvidenceLogStaleSize(currentSize, size);
        if (size == currentSize) return _requireHeadRoot(log, head_, root);
        if (currentSize == 0) {
            if (proof.length != 0 || previousRoot != 0) {
                revert EvidenceLogUnexpectedProof(proof.length, previousRoot);
            }
        } else {
            _requireHeadRoot(log, head_, previousRoot);
            Rfc6962.requireConsistency(currentSize, previousRoot, size, root, proof);
        }
        _advance(log, head_, current.epoch(), size, root);
        emit Anchored(logId, current.epoch(), size, root, manifest, current.blockNumber());
    }

    /// @inheritdoc IEvidenceLog
    function requireInclusion(
        LogId logId,
        Anchor calldata state,
        uint32 position,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata path
    ) external view {
        _requireAnchored(logId, state, position);
        Rfc6962.requireInclusion(leafHash, index, state.size, state.root, path);
        _requireKept(logId, state.epoch, index);
    }

    /// @inheritdoc IEvidenceLog
    function requireInclusionInPrefix(
        LogId logId,
        Anchor calldata state,
        uint32 position,
        uint64 size,
        bytes32 root,
        bytes32[] calldata consistency,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata path
    ) external view {
        _requireAnchored(logId, state, position);
        Rfc6962.requireConsistency(size, root, state.size, state.root, consistency);
        Rfc6962.requireInclusion(leafHash, index, size, root, path);
        _requireKept(logId, state.epoch, index);
    }

    /// @inheritdoc IEvidenceLog
    function locate(LogId logId, Anchor calldata state) external view returns (bool found, uint32 position) {
        return _logs[logId].history.find(_stateOf(state).record(state.root), state.time);
    }

    /// @inheritdoc IEvidenceLog
    function head(LogId logId) external view returns (Head memory) {
        LogHead head_ = _logs[logId].head;
        AnchoredState state = head_.state();
        return Head(state.epoch(), state.size(), state.time(), state.blockNumber(), head_.position());
    }

    /// @inheritdoc IEvidenceLog
    function owner(LogId logId) external view returns (address) {
        return _logs[logId].owner;
    }

    /// @inheritdoc IEvidenceLog
    function pendingOwner(LogId logId) external view returns (address) {
        return _logs[logId].pendingOwner;
    }

    /// @inheritdoc IEvidenceLog
    function registry(LogId logId) external view returns (address) {
        return _logs[logId].registry;
    }

    /// @inheritdoc IEvidenceLog
    function operator(LogId logId) external view returns (address) {
        return _logs[logId].operator;
    }

    /// @inheritdoc IEvidenceLog
    function epochRules(LogId logId) external view returns (uint8 quorum, uint64 epochDelay) {
        return (_logs[logId].quorum, _logs[logId].epochDelay);
    }

    /// @inheritdoc IEvidenceLog
    function isSubmitter(LogId logId, address account) external view returns (bool) {
        return _logs[logId].submitters[account];
    }

    /// @inheritdoc IEvidenceLog
    function isGuardian(LogId logId, address account) external view returns (bool) {
        return _logs[logId].guardians[account];
    }

    /// @inheritdoc IEvidenceLog
    function noteKeyAt(LogId logId, uint64 size) external view returns (bytes32) {
        NoteKey[] storage keys = _logs[logId].noteKeys;
        for (uint256 i = keys.length; i > 0; --i) {
            if (keys[i - 1].fromSize <= size) return keys[i - 1].key;
        }
        revert EvidenceLogUnknown(logId);
    }

    /// @inheritdoc IEvidenceLog
    function prefixOf(LogId logId, uint64 epoch) external view returns (uint64) {
        return _logs[logId].prefixes[epoch];
    }

    /// @inheritdoc IEvidenceLog
    function epochProposal(LogId logId) external view returns (EpochProposal memory) {
        return _logs[logId].proposal;
    }

    /// @inheritdoc IEvidenceLog
    function setNoteKey(LogId logId, uint64 fromSize, bytes32 key) external onlyOwner(logId) {
        Log storage log = _logs[logId];
        uint64 anchored = log.head.state().size();
        if (fromSize <= anchored) revert EvidenceLogNoteKeyInPast(anchored, fromSize);
        NoteKey[] storage keys = log.noteKeys;
        // The first key is from size 0 and stays.
        while (keys[keys.length - 1].fromSize >= fromSize) keys.pop();
        keys.push(NoteKey(fromSize, key));
        emit NoteKeySet(logId, fromSize, key);
    }

    /// @inheritdoc IEvidenceLog
    function addSubmitter(LogId logId, address account) external onlyOwner(logId) {
        _addSubmitter(logId, account);
    }

    /// @inheritdoc IEvidenceLog
    function removeSubmitter(LogId logId, address account) external onlyOwner(logId) {
        _logs[logId].submitters[account] = false;
        emit SubmitterRemoved(logId, account);
    }

    /// @inheritdoc IEvidenceLog
    function transferOwnership(LogId logId, address newOwner) external onlyOwner(logId) {
        _logs[logId].pendingOwner = newOwner;
        emit OwnershipTransferStarted(logId, msg.sender, newOwner);
    }

    /// @inheritdoc IEvidenceLog
    function acceptOwnership(LogId logId) external {
        Log storage log = _logs[logId];
        if (log.pendingOwner != msg.sender) revert EvidenceLogUnauthorizedOwner(logId, msg.sender);
        address previous = log.owner;
        log.owner = msg.sender;
        log.pendingOwner = address(0);
        emit OwnershipTransferred(logId, previous, msg.sender);
    }

    /// @inheritdoc IEvidenceLog
    function proposeEpoch(
        LogId logId,
        Anchor calldata state,
        uint32 position,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) external onlyOwner(logId) {
        Log storage log = _logs[logId];
        if (log.quorum == 0) revert EvidenceLogNoGuardians(logId);
        uint32 current = log.head.state().epoch();
        if (state.epoch != current) revert EvidenceLogEpochOver(logId, state.epoch, current);
        _requireAnchored(logId, state, position);
        if (size == 0) {
            // The empty tree is a prefix of every other: the way back when the first anchor of all was not ours.
            if (root != Rfc6962.EMPTY_ROOT) revert EvidenceLogRootConflict(size, root);
            if (proof.length != 0) revert EvidenceLogUnexpectedProof(proof.length, root);
        } else {
            Rfc6962.requireConsistency(size, root, state.size, state.root, proof);
        }
        log.proposals += 1;
        log.proposal = EpochProposal(size, 0, 0, log.proposals, root);
        emit EpochProposed(logId, current + 1, size, root);
    }

    /// @inheritdoc IEvidenceLog
    function approveEpoch(LogId logId, uint64 size, bytes32 root) external {
        Log storage log = _logs[logId];
        if (!log.guardians[msg.sender]) revert EvidenceLogUnauthorizedGuardian(logId, msg.sender);
        EpochProposal memory proposal = log.proposal;
        if (proposal.root == 0 || proposal.size != size || proposal.root != root) {
            revert EvidenceLogNoProposal(logId);
        }
        mapping(address guardian => bool) storage approved = log.approved[proposal.number];
        if (approved[msg.sender]) revert EvidenceLogAlreadyApproved(logId, msg.sender);
        approved[msg.sender] = true;
        proposal.approvals += 1;
        if (proposal.approvals == log.quorum) proposal.readyAt = uint64(block.timestamp) + log.epochDelay;
        log.proposal = proposal;
        emit EpochApproved(
            logId,
            log.head.state().epoch() + 1,
            msg.sender,
            proposal.approvals,
            proposal.readyAt
        );
    }

    /// @inheritdoc IEvidenceLog
    function cancelEpoch(LogId logId) external onlyOwner(logId) {
        Log storage log = _logs[logId];
        if (log.proposal.root == 0) revert EvidenceLogNoProposal(logId);
        delete log.proposal;
        emit EpochCancelled(logId, log.head.state().epoch() + 1);
    }

    /// @inheritdoc IEvidenceLog
    function startEpoch(LogId logId, bytes32 manifest) external onlyOwner(logId) {
        Log storage log = _logs[logId];
        EpochProposal memory proposal = log.proposal;
        if (proposal.root == 0) revert EvidenceLogNoProposal(logId);
        if (proposal.readyAt == 0 || block.timestamp < proposal.readyAt) {
            revert EvidenceLogEpochNotReady(proposal.readyAt, proposal.approvals, log.quorum);
        }
        delete log.proposal;
        LogHead head_ = log.head;
        AnchoredState current = head_.state();
        uint32 epoch = current.epoch() + 1;
        log.prefixes[current.epoch()] = proposal.size;
        _advance(log, head_, epoch, proposal.size, proposal.root);
        emit EpochStarted(logId, epoch, proposal.size, proposal.root);
        emit Anchored(logId, epoch, proposal.size, proposal.root, manifest, current.blockNumber());
    }

    function _addSubmitter(LogId logId, address account) private {
        _requireAccount(account);
        _logs[logId].submitters[account] = true;
        emit SubmitterAdded(logId, account);
    }

    /// @dev Writes the new head and its record.
    function _advance(Log storage log, LogHead previous, uint32 epoch, uint64 size, bytes32 root) private {
        AnchoredState next = AnchoredStates.pack(epoch, size, uint64(block.timestamp), uint64(block.number));
        AnchoredState before = previous.state();
        uint32 position = before.blockNumber() == 0 ? 0 : RingHistory.following(previous.position());
        log.head = LogHeads.pack(next, position);
        log.history.keep(position, next.record(root), block.timestamp, before.time());
    }

    /// @dev A head has no root of its own: the ring's record tells whether one is it.
    function _requireHeadRoot(Log storage log, LogHead head_, bytes32 root) private view {
        AnchoredState state = head_.state();
        if (log.history.recordAt(head_.position()) != state.record(root)) {
            revert EvidenceLogRootConflict(state.size(), root);
        }
    }

    function _requireAnchored(LogId logId, Anchor calldata state, uint32 position) private view {
        if (!_logs[logId].history.holds(position, _stateOf(state).record(state.root), state.time)) {
            revert EvidenceLogAnchorUnknown(logId, state.size, state.root);
        }
    }

    /// @dev A leaf of an epoch is still the log's if every epoch since then began with it.
    function _requireKept(LogId logId, uint64 epoch, uint64 index) private view {
        Log storage log = _logs[logId];
        uint64 current = log.head.state().epoch();
        for (uint64 earlier = epoch; earlier < current; ++earlier) {
            if (index >= log.prefixes[earlier]) revert EvidenceLogLeafAbandoned(logId, earlier, index);
        }
    }

    function _requireAccount(address account) private pure {
        if (account == address(0)) revert EvidenceLogInvalidAccount(account);
    }

    function _stateOf(Anchor calldata state) private pure returns (AnchoredState) {
        return AnchoredStates.pack(state.epoch, state.size, state.time, state.blockNumber);
    }
}
