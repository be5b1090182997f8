// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeviceRegistry} from "../../contracts/DeviceRegistry.sol";
import {IDeviceRegistry} from "../../contracts/interfaces/IDeviceRegistry.sol";
import {KeyId} from "../../contracts/types/KeyId.sol";
import {Cheats} from "./harness/Cheats.sol";

/// @dev Owners and devices who enrol, revoke and hand over in any order, with signatures that are right or not.
contract RegistryHandler is Cheats {
    struct Record {
        address identity;
        KeyId keyId;
        uint64 validFrom;
        uint64 revokedAt;
        uint16 purpose;
        uint8 algorithm;
        bytes32 profile;
        bytes32 lastGood;
    }

    /// @dev Private keys 1 to 4 are owners', the others devices'.
    uint256 private constant OWNERS = 4;
    uint256 private constant KEYS = 10;

    DeviceRegistry public immutable registry = new DeviceRegistry();
    /// @dev Each record when it was first seen, and again when it was revoked.
    Record[] private _seen;
    mapping(address identity => mapping(KeyId keyId => uint256)) private _numbers;
    /// @dev Owners as they follow from what was accepted.
    mapping(address identity => address) private _owners;
    string public broken;

    function enrol(
        uint256 device,
        uint256 identityOf,
        uint256 owner,
        uint256 possessor,
        uint256 signer,
        uint16 purpose,
        bytes32 profile
    ) external {
        device = within(device, 1, KEYS);
        owner = within(owner, 1, OWNERS);
        possessor = possessor % 4 == 0 ? within(possessor, 1, KEYS) : device;
        signer = signer % 4 == 0 ? within(signer, 1, KEYS) : owner;
        IDeviceRegistry.Enrolment memory enrolment = IDeviceRegistry.Enrolment({
            identity: vm.addr(identityOf % 2 == 0 ? device : within(identityOf, 1, KEYS)),
            owner: vm.addr(owner),
            algorithm: 1,
            publicKey: abi.encodePacked(vm.addr(device)),
            purpose: uint16(within(purpose, 0, 5)),
            profile: profile,
            deadline: block.timestamp
        });
        bytes32 digest = registry.enrolmentDigest(enrolment);
        bytes memory call = abi.encodeCall(
            registry.enrol,
            (enrolment, signature(possessor, digest), signature(signer, digest))
        );
        (bool accepted, ) = address(registry).call(call);
        if (!accepted) return;
        KeyId keyId = KeyId.wrap(bytes32(uint256(uint160(vm.addr(device)))));
        if (possessor != device) broken = "enrolled without possession";
        if (signer != owner) broken = "enrolled without the owner";
        address before = ownerOf(enrolment.identity);
        bool own = enrolment.identity == vm.addr(device) && before == enrolment.identity;
        if (before != enrolment.owner && !own) broken = "enrolled by someone else's owner";
        if (_numbers[enrolment.identity][keyId] != 0) broken = "enrolled twice";
        _owners[enrolment.identity] = enrolment.owner;
        _seen.push(read(enrolment.identity, keyId));
        _numbers[enrolment.identity][keyId] = _seen.length;
    }

    function revoke(uint256 number, uint256 sender, bytes32 lastGood, bool bySignature) external {
        if (_seen.length == 0) return;
        Record storage record = _seen[number % _seen.length];
        sender = within(sender, 1, KEYS);
        bytes memory call = abi.encodeCall(registry.revoke, (record.identity, record.keyId, lastGood));
        if (bySignature) {
            IDeviceRegistry.Revocation memory revocation = IDeviceRegistry.Revocation(
                record.identity,
                record.keyId,
                lastGood,
                registry.nonce(record.identity),
                block.timestamp
            );
            bytes32 digest = registry.revocationDigest(revocation);
            call = abi.encodeCall(registry.revokeBySig, (revocation, signature(sender, digest)));
        } else {
            vm.prank(vm.addr(sender));
        }
        (bool accepted, ) = address(registry).call(call);
        if (!accepted) return;
        if (vm.addr(sender) != ownerOf(record.identity)) broken = "revoked by someone else";
        if (record.revokedAt != 0) broken = "revoked twice";
        record.revokedAt = uint64(block.timestamp);
        record.lastGood = lastGood;
    }

    function changeOwner(uint256 identity, uint256 newOwner, uint256 sender) external {
        address of_ = vm.addr(within(identity, 1, KEYS));
        sender = within(sender, 1, KEYS);
        bytes memory call = abi.encodeCall(registry.changeOwner, (of_, vm.addr(within(newOwner, 1, KEYS))));
        vm.prank(vm.addr(sender));
        (bool accepted, ) = address(registry).call(call);
        if (!accepted) return;
        if (vm.addr(sender) != ownerOf(of_)) broken = "handed over by someone else";
        _owners[of_] = vm.addr(within(newOwner, 1, KEYS));
    }

    function wait(uint32 duration) external {
        vm.warp(block.timestamp + duration);
    }

    function seen() external view returns (Record[] memory) {
        return _seen;
    }

    function identityAt(uint256 number) external pure returns (address) {
        return vm.addr(number + 1);
    }

    function ownerOf(address identity) public view returns (address) {
        return _owners[identity] == address(0) ? identity : _owners[identity];
    }

    function read(address identity, KeyId keyId) public view returns (Record memory record) {
        (record.identity, record.keyId) = (identity, keyId);
        (
            record.validFrom,
            record.revokedAt,
            record.purpose,
            record.algorithm,
            record.profile,
            record.lastGood
        ) = registry.keyRecord(identity, keyId);
    }

    function signature(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}

contract DeviceRegistryInvariants is Cheats {
    RegistryHandler private _handler;

    function setUp() external {
        vm.warp(1_000_000);
        _handler = new RegistryHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_OnlyWhoMayDoes() external view {
        check(bytes(_handler.broken()).length == 0, _handler.broken());
    }

    function invariant_EachFieldOfARecordIsWrittenOnce() external view {
        RegistryHandler.Record[] memory seen = _handler.seen();
        for (uint256 i = 0; i < seen.length; ++i) {
            RegistryHandler.Record memory now_ = _handler.read(seen[i].identity, seen[i].keyId);
            check(keccak256(abi.encode(now_)) == keccak256(abi.encode(seen[i])), "a record changed");
            check(now_.validFrom != 0 && now_.purpose >= 1 && now_.purpose <= 4, "a record is empty");
        }
    }

    function invariant_OwnersAreThoseAccepted() external view {
        for (uint256 i = 0; i < 10; ++i) {
            address identity = _handler.identityAt(i);
            check(_handler.registry().identityOwner(identity) == _handler.ownerOf(identity), "owner");
        }
    }

    function invariant_AKeySpeaksUntilItIsRevoked() external view {
        RegistryHandler.Record[] memory seen = _handler.seen();
        for (uint256 i = 0; i < seen.length; ++i) {
            bool speaks = _handler.registry().speaksFor(seen[i].identity, seen[i].keyId);
            check(speaks == (seen[i].revokedAt == 0), "speaks");
        }
    }
}
