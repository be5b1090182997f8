// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EvidenceLog} from "../../contracts/EvidenceLog.sol";
import {IEvidenceLog} from "../../contracts/interfaces/IEvidenceLog.sol";
import {LogId} from "../../contracts/types/LogId.sol";
import {Cheats} from "./harness/Cheats.sol";
import {Tree} from "./harness/Tree.sol";

/// @dev Someone with every key of a log who tries everything, and writes down what was taken. Trees of different seeds fork
/// at 3, so that states of different trees are never consistent beyond it.
contract LogHandler is Cheats {
    using Tree for Tree.Log;

    uint64 private constant FORK = 3;
    uint64 private constant LARGEST = 24;
    uint64 private constant SEEDS = 3;

    EvidenceLog public immutable evidenceLog = new EvidenceLog();
    LogId public immutable logId;

    /// @dev What was taken last, and the tree it is of.
    uint64 public epoch;
    uint64 public size;
    uint64 public seed;
    IEvidenceLog.Anchor[] private _taken;
    uint64[] private _seeds;
    string public broken;

    constructor() {
        address[] memory self = new address[](1);
        self[0] = address(this);
        logId = evidenceLog.createLog(
            bytes32(0),
            IEvidenceLog.LogParameters({
                registry: address(1),
                operator: address(2),
                noteKey: bytes32(0),
                submitters: self,
                guardians: self,
                quorum: 1,
                epochDelay: 0
            })
        );
    }

    /// @dev Anchors a state of any tree with a proof from any size of any tree.
    function anchorAnything(uint64 to, uint64 from, uint64 ofSeed, uint64 proofSeed, bool honestly) external {
        ofSeed = uint64(within(ofSeed, 1, SEEDS));
        proofSeed = honestly ? ofSeed : uint64(within(proofSeed, 1, SEEDS));
        to = uint64(within(to, 0, LARGEST));
        from = honestly ? size : uint64(within(from, 0, LARGEST));
        Tree.Log memory tree = Tree.Log(ofSeed, FORK);
        Tree.Log memory proofTree = Tree.Log(proofSeed, FORK);
        bytes32 root = to == 0 ? bytes32(0) : tree.root(to);
        bytes32 previousRoot = from == 0 ? bytes32(0) : proofTree.root(from);
        bytes32[] memory proof = from == 0 || from > to ? new bytes32[](0) : proofTree.consistency(from, to);
        submit(to, root, previousRoot, proof, ofSeed);
    }

    /// @dev Anchors the present tree's next state with one bit of the proof changed.
    function anchorDamaged(uint64 to, uint256 place, uint8 bit) external {
        if (size == 0 || size == LARGEST) return;
        to = uint64(within(to, size + 1, LARGEST));
        Tree.Log memory tree = Tree.Log(seed, FORK);
        bytes32[] memory proof = tree.consistency(size, to);
        proof[place % proof.length] ^= bytes32(uint256(1) << bit);
        if (submitted(to, tree.root(to), tree.root(size), proof)) broken = "a damaged proof was taken";
    }

    /// @dev Goes back, the way guardians allow it, to a prefix of any state that was ever taken.
    function restart(uint64 prefix, uint256 number) external {
        if (_taken.length == 0) return;
        number = number % _taken.length;
        IEvidenceLog.Anchor memory state = _taken[number];
        if (state.size == 0) return;
        prefix = uint64(within(prefix, 0, state.size));
        Tree.Log memory tree = Tree.Log(_seeds[number], FORK);
        bytes32 root = prefix == 0 ? sha256("") : tree.root(prefix);
        bytes32[] memory proof = prefix == 0 ? new bytes32[](0) : tree.consistency(prefix, state.size);
        (bool found, uint32 position) = evidenceLog.locate(logId, state);
        bytes memory call = abi.encodeCall(
            evidenceLog.proposeEpoch,
            (logId, state, position, prefix, root, proof)
        );
        (bool accepted, ) = address(evidenceLog).call(call);
        if (accepted != (found && state.epoch == epoch)) broken = "a proposal was wrongly judged";
        if (!accepted) return;
        seed = _seeds[number];
        evidenceLog.approveEpoch(logId, prefix, root);
        evidenceLog.startEpoch(logId, bytes32(0));
        (epoch, size) = (epoch + 1, prefix);
        remember(root);
    }

    /// @dev Time passes, sometimes days.
    function wait(uint32 duration, uint8 blocks) external {
        vm.warp(block.timestamp + within(duration, 0, 3 days));
        vm.roll(block.number + blocks);
    }

    function taken() external view returns (uint256) {
        return _taken.length;
    }

    function takenAt(uint256 number) external view returns (IEvidenceLog.Anchor memory state, uint64 ofSeed) {
        return (_taken[number], _seeds[number]);
    }

    function submit(
        uint64 to,
        bytes32 root,
        bytes32 previousRoot,
        bytes32[] memory proof,
        uint64 ofSeed
    ) private {
        (uint64 before, uint64 was) = (size, seed);
        if (!submitted(to, root, previousRoot, proof) || evidenceLog.head(logId).size == before) return;
        if (to <= before) broken = "the log did not grow";
        if (before != 0 && Tree.Log(was, FORK).root(before) != Tree.Log(ofSeed, FORK).root(before)) {
            broken = "a state was taken that does not extend the one before";
        }
        (size, seed) = (to, ofSeed);
        remember(root);
    }

    function submitted(
        uint64 to,
        bytes32 root,
        bytes32 previousRoot,
        bytes32[] memory proof
    ) private returns (bool accepted) {
        bytes memory call = abi.encodeCall(
            evidenceLog.anchor,
            (logId, to, root, previousRoot, proof, bytes32(0))
        );
        (accepted, ) = address(evidenceLog).call(call);
    }

    function remember(bytes32 root) private {
        IEvidenceLog.Head memory head = evidenceLog.head(logId);
        _taken.push(IEvidenceLog.Anchor(head.epoch, head.size, root, head.time, head.blockNumber));
        _seeds.push(seed);
    }
}

contract EvidenceLogInvariants is Cheats {
    using Tree for Tree.Log;

    uint64 private constant FORK = 3;
    LogHandler private _handler;

    function setUp() external {
        vm.warp(1_000_000);
        _handler = new LogHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_NothingIsTakenThatDoesNotExtend() external view {
        check(bytes(_handler.broken()).length == 0, _handler.broken());
    }

    function invariant_TheHeadIsWhatWasTakenLast() external view {
        IEvidenceLog.Head memory head = _handler.evidenceLog().head(_handler.logId());
        check(head.size == _handler.size(), "size");
        check(head.epoch == _handler.epoch(), "epoch");
        check(head.position < 64, "position");
    }

    function invariant_NewestAnchorsAndEachDaysFirstAreKept() external view {
        uint256 count = _handler.taken();
        uint256 day = 0;
        for (uint256 i = 0; i < count; ++i) {
            (IEvidenceLog.Anchor memory state, ) = _handler.takenAt(i);
            bool first = state.time / 1 days > day;
            day = state.time / 1 days;
            if (!first && i + 64 < count) continue;
            (bool found, ) = _handler.evidenceLog().locate(_handler.logId(), state);
            check(found, "an anchor is forgotten");
        }
    }

    function invariant_LeavesOfTheHeadAreIncludedAndAbandonedOnesAreNot() external view {
        uint256 count = _handler.taken();
        if (count == 0) return;
        for (uint256 i = count > 8 ? count - 8 : 0; i < count; ++i) {
            (IEvidenceLog.Anchor memory state, uint64 seed) = _handler.takenAt(i);
            uint64 kept = leavesKept(i, state.size);
            for (uint64 index = 0; index < state.size; index += 5) {
                check(isIncluded(state, seed, index) == (index < kept), "inclusion");
            }
        }
    }

    /// @dev Leaves of the state that every later epoch began with.
    function leavesKept(uint256 number, uint64 size) private view returns (uint64 kept) {
        kept = size;
        (IEvidenceLog.Anchor memory before, ) = _handler.takenAt(number);
        for (uint256 i = number + 1; i < _handler.taken(); ++i) {
            (IEvidenceLog.Anchor memory later, ) = _handler.takenAt(i);
            if (later.epoch > before.epoch && later.size < kept) kept = later.size;
            before = later;
        }
    }

    function isIncluded(
        IEvidenceLog.Anchor memory state,
        uint64 seed,
        uint64 index
    ) private view returns (bool included) {
        Tree.Log memory tree = Tree.Log(seed, FORK);
        (, uint32 position) = _handler.evidenceLog().locate(_handler.logId(), state);
        bytes memory call = abi.encodeCall(
            IEvidenceLog.requireInclusion,
            (_handler.logId(), state, position, tree.leaf(index), index, tree.inclusion(index, 0, state.size))
        );
        (included, ) = address(_handler.evidenceLog()).staticcall(call);
    }
}
