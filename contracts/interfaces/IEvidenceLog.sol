// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LogId} from "../types/LogId.sol";

/// @title Append-only states of transparency logs
/// @notice Keeps, for every log, the newest state that was anchored, and refuses one that does not extend it: the
/// RFC 6962 consistency proof is checked on chain. Many logs share the contract; it has no owner of its own.
interface IEvidenceLog {
    /// @notice What a new log is created with.
    /// @param registry DeviceRegistry whose keys speak in this log; never changes
    /// @param operator signs receipts and the operator's statements (secp256k1); never changes
    /// @param noteKey Ed25519 public key that signs checkpoints from size 0
    /// @param submitters accounts that may anchor
    /// @param guardians accounts that approve a new epoch, each once
    /// @param quorum guardians needed; 0 with no guardians means that the log never has a second epoch
    /// @param epochDelay seconds between the quorum for an epoch and its earliest start
    struct LogParameters {
        address registry;
        address operator;
        bytes32 noteKey;
        address[] submitters;
        address[] guardians;
        uint8 quorum;
        uint64 epochDelay;
    }

    /// @notice A state of a log as it was anchored.
    /// @param epoch counts restarts of the log from a prefix
    /// @param size leaves
    /// @param root RFC 6962 root
    /// @param time time of the anchor's block, seconds since the Unix epoch
    /// @param blockNumber block of the anchor
    struct Anchor {
        uint32 epoch;
        uint64 size;
        bytes32 root;
        uint64 time;
        uint64 blockNumber;
    }

    /// @notice The newest anchor of a log; its root is in the `Anchored` event of that block.
    /// @param position ring slot that holds the anchor's record
    struct Head {
        uint32 epoch;
        uint64 size;
        uint64 time;
        uint64 blockNumber;
        uint32 position;
    }

    /// @notice A restart of the log that awaits approval and delay.
    /// @param size leaves that the new epoch keeps
    /// @param readyAt earliest start, seconds since the Unix epoch; 0 = the quorum is not reached
    /// @param approvals guardians who approved
    /// @param number counts the proposals of the log, so that an approval is for one of them only
    /// @param root RFC 6962 root of `size`; 0 = nothing is proposed
    struct EpochProposal {
        uint64 size;
        uint64 readyAt;
        uint8 approvals;
        uint32 number;
        bytes32 root;
    }

    event LogCreated(
        LogId indexed logId,
        address indexed creator,
        address registry,
        address operator,
        uint8 quorum,
        uint64 epochDelay
    );

    /// @param root RFC 6962 root of `size`
    /// @param manifest SHA-256 of the dag-cbor block that leads to entries and payloads on IPFS
    /// @param previousBlock block of the log's anchor before this one; 0 = this is the first
    event Anchored(
        LogId indexed logId,
        uint64 indexed epoch,
        uint64 indexed size,
        bytes32 root,
        bytes32 manifest,
        uint64 previousBlock
    );

    /// @notice From `fromSize` on checkpoints are signed by `key`; what was set for larger sizes no longer counts.
    event NoteKeySet(LogId indexed logId, uint64 indexed fromSize, bytes32 key);
    event SubmitterAdded(LogId indexed logId, address indexed account);
    event SubmitterRemoved(LogId indexed logId, address indexed account);
    event GuardianAdded(LogId indexed logId, address indexed account);
    event OwnershipTransferStarted(LogId indexed logId, address indexed owner, address indexed newOwner);
    event OwnershipTransferred(LogId indexed logId, address indexed owner, address indexed newOwner);

    /// @param epoch that would start
    /// @param size leaves that it keeps
    event EpochProposed(LogId indexed logId, uint64 indexed epoch, uint64 size, bytes32 root);

    /// @param readyAt earliest start, seconds since the Unix epoch; 0 = the quorum is not reached
    event EpochApproved(
        LogId indexed logId,
        uint64 indexed epoch,
        address indexed guardian,
        uint8 approvals,
        uint64 readyAt
    );
    event EpochCancelled(LogId indexed logId, uint64 indexed epoch);

    /// @notice Entries of the epoch before from index `size` on are abandoned.
    event EpochStarted(LogId indexed logId, uint64 indexed epoch, uint64 size, bytes32 root);

    error EvidenceLogExists(LogId logId);
    error EvidenceLogUnknown(LogId logId);
    error EvidenceLogInvalidAccount(address account);
    error EvidenceLogInvalidQuorum(uint8 quorum, uint256 guardians);
    error EvidenceLogDuplicateGuardian(address guardian);
    error EvidenceLogUnauthorizedOwner(LogId logId, address account);
    error EvidenceLogUnauthorizedSubmitter(LogId logId, address account);
    error EvidenceLogUnauthorizedGuardian(LogId logId, address account);
    /// @notice The size is 0, or not below 2^63.
    error EvidenceLogSizeOutOfRange(uint64 size);
    error EvidenceLogStaleSize(uint64 current, uint64 proposed);
    /// @notice The root is not the one anchored for this size.
    error EvidenceLogRootConflict(uint64 size, bytes32 proposed);
    /// @notice There is no earlier state: previous root and proof must be empty.
    error EvidenceLogUnexpectedProof(uint256 length, bytes32 previousRoot);
    error EvidenceLogAnchorUnknown(LogId logId, uint64 size, bytes32 root);
    /// @notice A later epoch went on without this leaf.
    error EvidenceLogLeafAbandoned(LogId logId, uint64 epoch, uint64 index);
    error EvidenceLogNoteKeyInPast(uint64 current, uint64 fromSize);
    /// @notice The log was created without guardians and has one epoch only.
    error EvidenceLogNoGuardians(LogId logId);
    error EvidenceLogNoProposal(LogId logId);
    /// @notice Only a state of the current epoch says what the next one may begin with.
    error EvidenceLogEpochOver(LogId logId, uint32 epoch, uint32 current);
    error EvidenceLogAlreadyApproved(LogId logId, address guardian);
    error EvidenceLogEpochNotReady(uint64 readyAt, uint8 approvals, uint8 quorum);

    /// @notice Creates a log owned by the caller: keccak256(abi.encode(chain id, this, caller, salt)).
    function createLog(bytes32 salt, LogParameters calldata parameters) external returns (LogId logId);

    /// @notice Anchors a state of the log in its current epoch. The same size and root again does nothing.
    /// @param size leaves, more than the head's and below 2^63
    /// @param root RFC 6962 root of `size`
    /// @param previousRoot root of the head; zero when the log was never anchored
    /// @param proof RFC 6962 consistency path from the head to `size`; empty when the log was never anchored
    /// @param manifest SHA-256 of the dag-cbor manifest block
    function anchor(
        LogId logId,
        uint64 size,
        bytes32 root,
        bytes32 previousRoot,
        bytes32[] calldata proof,
        bytes32 manifest
    ) external;

    /// @notice Reverts unless the leaf is in an anchored state and no later epoch abandoned it.
    /// @param state an anchor that the ring still holds at `position`, or the first of its day
    /// @param position ring slot as {locate} gives it; any for the first anchor of a day
    /// @param leafHash SHA-256(0x00 ‖ entry)
    /// @param index of the leaf, from 0
    /// @param path RFC 6962 inclusion path, from the leaf up
    function requireInclusion(
        LogId logId,
        Anchor calldata state,
        uint32 position,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata path
    ) external view;

    /// @notice Reverts unless the leaf is in a state that an anchored one extends, and no later epoch abandoned it.
    /// @param state an anchor that the ring still holds at `position`, or the first of its day
    /// @param size leaves of the older state
    /// @param root its RFC 6962 root
    /// @param consistency RFC 6962 path from the older state to the anchor
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
    ) external view;

    /// @notice Where the record of an anchor is kept. Reads the whole ring: for callers off chain.
    function locate(LogId logId, Anchor calldata state) external view returns (bool found, uint32 position);

    function head(LogId logId) external view returns (Head memory);

    /// @return zero address for a log that does not exist; as for {pendingOwner}, {registry} and {operator}
    function owner(LogId logId) external view returns (address);

    function pendingOwner(LogId logId) external view returns (address);

    function registry(LogId logId) external view returns (address);

    function operator(LogId logId) external view returns (address);

    /// @return quorum guardians needed for a new epoch
    /// @return epochDelay seconds between the quorum and the earliest start
    function epochRules(LogId logId) external view returns (uint8 quorum, uint64 epochDelay);

    function isSubmitter(LogId logId, address account) external view returns (bool);

    function isGuardian(LogId logId, address account) external view returns (bool);

    /// @notice Ed25519 public key that signs checkpoints of a size.
    function noteKeyAt(LogId logId, uint64 size) external view returns (bytes32);

    /// @notice Leaves that an epoch shares with the next one; 0 while there is no next one.
    function prefixOf(LogId logId, uint64 epoch) external view returns (uint64);

    function epochProposal(LogId logId) external view returns (EpochProposal memory);

    /// @notice Owner only: from `fromSize` on, which must be beyond the head, checkpoints are signed by `key`.
    function setNoteKey(LogId logId, uint64 fromSize, bytes32 key) external;

    /// @notice Owner only.
    function addSubmitter(LogId logId, address account) external;

    /// @notice Owner only.
    function removeSubmitter(LogId logId, address account) external;

    /// @notice Owner only; `newOwner` must accept. The zero address takes the offer back.
    function transferOwnership(LogId logId, address newOwner) external;

    function acceptOwnership(LogId logId) external;

    /// @notice Owner only: proposes to go on from a prefix of a state that was anchored in the current epoch, whatever was
    /// anchored after it. Replaces an earlier proposal and its approvals.
    /// @param state an anchor of the current epoch that the ring still holds at `position`, or the first of its day
    /// @param position ring slot as {locate} gives it; any for the first anchor of a day
    /// @param size leaves that the new epoch keeps; 0 keeps none
    /// @param root RFC 6962 root of `size`
    /// @param proof RFC 6962 consistency path from `size` to the anchor; empty when they are the same, and for 0
    function proposeEpoch(
        LogId logId,
        Anchor calldata state,
        uint32 position,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) external;

    /// @notice Guardians only. Size and root must be those proposed, so that nothing is approved unseen.
    function approveEpoch(LogId logId, uint64 size, bytes32 root) external;

    /// @notice Owner only.
    function cancelEpoch(LogId logId) external;

    /// @notice Owner only, after quorum and delay: the log goes on from the prefix in a new epoch, whose first anchor
    /// this is.
    /// @param manifest SHA-256 of the dag-cbor manifest block of the prefix
    function startEpoch(LogId logId, bytes32 manifest) external;
}
