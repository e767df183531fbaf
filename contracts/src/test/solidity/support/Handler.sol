// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DGridToken} from "../../../main/solidity/DGridToken.sol";
import {Escrow} from "../../../main/solidity/Escrow.sol";
import {NodeRegistry} from "../../../main/solidity/NodeRegistry.sol";
import {Settlement} from "../../../main/solidity/Settlement.sol";
import {GrantState, Voucher, VoucherItem} from "../../../main/solidity/Types.sol";
import {Vm} from "./Vm.sol";

/// Everything that parties can do, in any order, with any amounts; and a ledger of its own to hold the contracts against.
contract Handler {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    /// Few parties, so that their actions meet.
    uint256 public constant CLIENTS = 2;
    uint256 public constant KEYS = 2;
    uint256 public constant NODES = 3;
    uint256 private constant VOUCHERS = 4;
    uint256 private constant STRANGER_KEY = 0xBAD;

    DGridToken private immutable _token;
    Escrow private immutable _escrow;
    Settlement private immutable _settlement;
    NodeRegistry private immutable _registry;
    address private immutable _treasury;
    /// Node 0 is a client as well, and the last one is the treasury: nothing says that parties are different.
    address[] public client;
    address[] public node;
    address[] public key;

    /// Most that the client or a key it ever granted has signed for, per channel.
    mapping(bytes32 channel => uint128) public signedFor;
    /// Most that the client itself has signed for, per channel.
    mapping(bytes32 channel => uint128) public signedByClient;
    mapping(bytes32 channel => uint128) public lastSettled;
    mapping(address client => mapping(address key => bool)) public everGranted;
    uint256 public deposited;
    uint256 public withdrawn;
    uint256 public claimed;
    uint256 public staked;
    uint256 public unstaked;
    uint256 public slashClaimed;
    bool public fellBack;
    uint256 private _steps;

    constructor(DGridToken token, Escrow escrow, Settlement settlement, NodeRegistry registry) {
        (_token, _escrow, _settlement, _registry) = (token, escrow, settlement, registry);
        _treasury = escrow.treasury();
        token.approve(address(escrow), type(uint256).max);
        token.approve(address(registry), type(uint256).max);
        for (uint256 i = 0; i < CLIENTS; ++i) client.push(vm.addr(1_000 + i));
        for (uint256 i = 0; i < KEYS; ++i) key.push(vm.addr(2_000 + i));
        node = [client[0], address(0xD0DE01), _treasury];
    }

    function channel(address client_, address node_, uint64 epoch) public pure returns (bytes32) {
        return keccak256(abi.encode(client_, node_, epoch));
    }

    function deposit(uint256 who, uint128 amount) external {
        amount = 1 + amount % 1_000e18;
        _escrow.deposit(_client(who), amount);
        deposited += amount;
    }

    function requestWithdrawal(uint256 who, uint128 amount) external {
        uint128 balance = _escrow.balanceOf(_client(who));
        if (balance == 0) return;
        vm.prank(_client(who));
        _escrow.requestWithdrawal(1 + amount % balance);
    }

    function cancelWithdrawal(uint256 who) external {
        (, uint64 unlocksAt) = _escrow.withdrawalOf(_client(who));
        if (unlocksAt == 0) return;
        vm.prank(_client(who));
        _escrow.cancelWithdrawal();
    }

    function withdraw(uint256 who) external {
        (, uint64 unlocksAt) = _escrow.withdrawalOf(_client(who));
        if (unlocksAt == 0 || block.timestamp < unlocksAt) return;
        vm.prank(_client(who));
        withdrawn += _escrow.withdraw(address(0xCAFE));
    }

    function grant(uint256 who, uint256 which, uint128 cap, uint32 life, bool scoped) external {
        address granted = key[which % KEYS];
        (GrantState state,,,,) = _escrow.grantOf(_client(who), granted);
        if (state != GrantState.None) return;
        uint64 expiry = uint64(block.timestamp * 1_000 + 1 + life);
        vm.prank(_client(who));
        _escrow.grantKey(granted, 1 + cap % 300e18, expiry, bytes32(scoped ? uint256(1) : 0));
        everGranted[_client(who)][granted] = true;
    }

    function revoke(uint256 who, uint256 which) external {
        address granted = key[which % KEYS];
        (GrantState state,,,,) = _escrow.grantOf(_client(who), granted);
        if (state == GrantState.Revoked) return;
        vm.prank(_client(who));
        _escrow.revokeKey(granted);
    }

    function settle(uint256 seed, bool byStrangers) external {
        VoucherItem[] memory items = new VoucherItem[](VOUCHERS);
        for (uint256 i = 0; i < VOUCHERS; ++i) {
            items[i] = _signed(uint256(keccak256(abi.encode(seed, i))), byStrangers);
        }
        _settlement.settleVouchers(items);
        for (uint256 i = 0; i < VOUCHERS; ++i) {
            Voucher memory v = items[i].voucher;
            bytes32 id = channel(v.client, v.node, v.channelEpoch);
            uint128 settled = _settlement.settledAmount(v.client, v.node, v.channelEpoch);
            if (settled < lastSettled[id]) fellBack = true;
            lastSettled[id] = settled;
        }
    }

    /// Half of all vouchers in time come from here: the usual case must be usual.
    function settleMore(uint256 seed) external {
        this.settle(seed, false);
    }

    function depositMuch(uint256 who, uint128 amount) external {
        this.deposit(who, amount);
    }

    function claim(uint256 who) external {
        if (_escrow.earningsOf(_node(who)) == 0) return;
        vm.prank(_node(who));
        claimed += _escrow.claim(address(0xCAFE));
    }

    function stake(uint256 who, uint128 amount) external {
        amount = 1 + amount % 1_000e18;
        _registry.stake(_node(who), amount);
        staked += amount;
    }

    function startUnbonding(uint256 who, uint128 amount) external {
        uint128 active = _registry.stakeOf(_node(who));
        if (active == 0) return;
        vm.prank(_node(who));
        _registry.startUnbonding(1 + amount % active);
    }

    function withdrawStake(uint256 who) external {
        (uint128 amount, uint64 unlocksAt) = _registry.unbondingOf(_node(who));
        if (amount == 0 || block.timestamp < unlocksAt) return;
        vm.prank(_node(who));
        unstaked += _registry.withdrawStake(address(0xCAFE));
    }

    function slash(uint256 who, uint128 amount) external {
        _registry.slash(_node(who), amount % 2_000e18, bytes32(uint256(1)));
    }

    function claimSlashed() external {
        if (_registry.slashedPool() == 0) return;
        vm.prank(_treasury);
        slashClaimed += _registry.claimSlashed(address(0xCAFE));
    }

    function pass(uint32 time) external {
        vm.warp(block.timestamp + time % 2 days);
    }

    /// Signed by the client, by one of the keys, or by a stranger; rarely too old.
    function _signed(uint256 seed, bool byStrangers) private returns (VoucherItem memory item) {
        uint256 payer = seed % CLIENTS;
        uint256 signer = (seed >> 32) % (KEYS + 1);
        uint64 validBefore = uint64(block.timestamp * 1_000) + ((seed >> 64) % 16 == 0 ? 0 : 1);
        // Rising over a run, as clients' totals do, but with steps back in between.
        uint128 amount = uint128((++_steps * 20e18) + (seed >> 96) % 100e18);
        Voucher memory v = Voucher(client[payer], _node(seed >> 16), 1, amount, 1, bytes32(seed), validBefore);
        uint256 secret = byStrangers ? STRANGER_KEY : signer == KEYS ? 1_000 + payer : 2_000 + signer;
        if (!byStrangers && (signer == KEYS || everGranted[v.client][key[signer]])) {
            bytes32 id = channel(v.client, v.node, 1);
            if (amount > signedFor[id]) signedFor[id] = amount;
            if (signer == KEYS && amount > signedByClient[id]) signedByClient[id] = amount;
        }
        item.voucher = v;
        (item.v, item.r, item.s) = vm.sign(secret, _settlement.hashVoucher(v));
    }

    function _client(uint256 who) private view returns (address) {
        return client[who % CLIENTS];
    }

    function _node(uint256 who) private view returns (address) {
        return node[who % NODES];
    }
}
