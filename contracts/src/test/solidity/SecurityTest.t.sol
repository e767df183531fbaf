// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Escrow} from "../../main/solidity/Escrow.sol";
import {Settlement} from "../../main/solidity/Settlement.sol";
import {IEscrow} from "../../main/solidity/interfaces/IEscrow.sol";
import {ISettlement} from "../../main/solidity/interfaces/ISettlement.sol";
import {BatchHeader, KeyGrant, SkipReason, Voucher, VoucherItem} from "../../main/solidity/Types.sol";
import {ContractsTest} from "./support/ContractsTest.sol";
import {FeeToken, GasBurner, HookToken, LyingToken} from "./support/HostileTokens.sol";
import {MerkleTree} from "./support/MerkleTree.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// One attack per test; the names are the security checklist.
contract SecurityTest is ContractsTest {
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    // ---- replay ----

    function test_replay_overChainId() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 100));
        vm.chainId(block.chainid + 1);
        expectSkipped(item, SkipReason.UnknownSigner);
    }

    function test_replay_overDeployment() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 100));
        settle(item);
        (Escrow otherEscrow, Settlement other) = newEscrow(address(token));
        otherEscrow.deposit(client, 1_000);
        other.settleVouchers(list(item));
        eq(otherEscrow.balanceOf(client), 1_000, "another deployment is another domain");
    }

    function test_replay_overEpoch() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 100));
        settle(item);
        item.voucher.channelEpoch = 2;
        expectSkipped(item, SkipReason.UnknownSigner);
    }

    function test_replay_overChannel() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 100));
        item.voucher.node = address(0xE71);
        expectSkipped(item, SkipReason.UnknownSigner);
        address other = vm.addr(STRANGER_KEY);
        deposit(other, 100);
        item = signed(CLIENT_KEY, voucher(1, 100));
        item.voucher.client = other;
        expectSkipped(item, SkipReason.UnknownSigner);
    }

    function test_replay_ofTheSameVoucher() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 100));
        settle(item);
        expectSkipped(item, SkipReason.Stale);
    }

    function test_replay_ofASignedGrantDoesNotRefillItsCapNorUndoARevocation() public {
        KeyGrant memory grant = KeyGrant(client, sessionKey, 100, FOREVER, 0);
        bytes memory signature = _sign(grant);
        settlement.registerGrant(grant, signature);
        settle(SESSION_KEY, 1, 100);
        bytes memory refusal = abi.encodeWithSelector(IEscrow.KeyAlreadyUsed.selector, client, sessionKey);
        vm.expectRevert(refusal);
        settlement.registerGrant(grant, signature);
        vm.prank(client);
        escrow.revokeKey(sessionKey);
        vm.expectRevert(refusal);
        settlement.registerGrant(grant, signature);
    }

    // ---- signatures ----

    function test_signature_malleatedIsRefused() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 100));
        item.s = bytes32(N - uint256(item.s));
        item.v = item.v == 27 ? 28 : 27;
        expectSkipped(item, SkipReason.BadSignature);
    }

    function test_signature_addressZeroNeverSigns() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 100));
        item.v = 0;
        expectSkipped(item, SkipReason.BadSignature);
        item.voucher.client = address(0);
        expectSkipped(item, SkipReason.InvalidParty);
        item = signed(CLIENT_KEY, voucher(1, 100));
        item.voucher.node = address(0);
        expectSkipped(item, SkipReason.InvalidParty);
    }

    function test_signature_ofAStrangerOrTheNodeChargesNothing() public {
        expectSkipped(signed(STRANGER_KEY, voucher(1, 100)), SkipReason.UnknownSigner);
        Voucher memory own = voucher(1, 100);
        own.node = vm.addr(STRANGER_KEY);
        expectSkipped(signed(STRANGER_KEY, own), SkipReason.UnknownSigner);
    }

    function testFuzz_signature_anyChangedFieldChargesNothing(uint8 field, uint256 change) public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(5, 100));
        Voucher memory v = item.voucher;
        bytes32 digest = settlement.hashVoucher(v);
        field = uint8(bound(field, 0, 8));
        if (field == 0) v.client = address(uint160(change));
        else if (field == 1) v.node = address(uint160(change));
        else if (field == 2) v.channelEpoch = uint64(change);
        else if (field == 3) v.cumulativeAmount = uint128(change);
        else if (field == 4) v.receiptCount = uint64(change);
        else if (field == 5) v.receiptsRoot = bytes32(change);
        else if (field == 6) v.validBefore = uint64(change);
        else if (field == 7) item.r = bytes32(change);
        else item.s = bytes32(change);
        vm.assume(field > 6 || settlement.hashVoucher(v) != digest);
        settle(item);
        eq(escrow.balanceOf(client), 1_000e18, "untouched");
    }

    // ---- vouchers ----

    function test_voucher_staleOrFallingPaysNothing() public {
        settle(CLIENT_KEY, 1, 100);
        expectSkipped(signed(CLIENT_KEY, voucher(1, 99)), SkipReason.Stale);
        expectSkipped(signed(CLIENT_KEY, voucher(1, 100)), SkipReason.Stale);
        expectSkipped(signed(CLIENT_KEY, voucher(9, 0)), SkipReason.Stale);
    }

    function test_windowEdge_voucherIsDeadAtValidBefore() public {
        Voucher memory v = voucher(1, 100);
        v.validBefore = nowMillis();
        expectSkipped(signed(CLIENT_KEY, v), SkipReason.Expired);
        v.validBefore = nowMillis() + 1;
        settle(signed(CLIENT_KEY, v));
        eq(settlement.settledAmount(client, NODE, 1), 100, "one millisecond left is enough");
    }

    // ---- grants ----

    function test_grant_capHoldsOverAllChannelsAndNodes() public {
        grantSession(150, FOREVER, 0);
        settle(SESSION_KEY, 1, 100);
        Voucher memory elsewhere = voucher(1, 100);
        elsewhere.node = address(0xE71);
        settle(signed(SESSION_KEY, elsewhere));
        eq(escrow.balanceOf(client), 1_000e18 - 150, "the cap and no more");
        expectSkipped(signed(SESSION_KEY, voucher(1, 101)), SkipReason.GrantExhausted);
    }

    function test_grant_expiryEdge() public {
        grantSession(150, nowMillis() + 10_000, 0);
        vm.warp(block.timestamp + 9);
        settle(SESSION_KEY, 1, 1);
        eq(settlement.settledAmount(client, NODE, 1), 1, "before");
        vm.warp(block.timestamp + 1);
        expectSkipped(signed(SESSION_KEY, voucher(1, 2)), SkipReason.GrantExpired);
    }

    function test_grant_scopedKeySignsNoVouchers() public {
        grantSession(150, FOREVER, keccak256("model"));
        expectSkipped(signed(SESSION_KEY, voucher(1, 1)), SkipReason.GrantScoped);
    }

    function test_grant_revokeRace_debtStillSettlesWithinTheGrace() public {
        grantSession(150, FOREVER, 0);
        VoucherItem memory debt = signed(SESSION_KEY, voucher(1, 100));
        vm.prank(client);
        escrow.revokeKey(sessionKey); // seen in the mempool, in front of the node's settlement
        vm.warp(block.timestamp + GRACE - 1);
        settle(debt);
        eq(settlement.settledAmount(client, NODE, 1), 100, "work done is paid");
        vm.warp(block.timestamp + 1);
        expectSkipped(signed(SESSION_KEY, voucher(1, 120)), SkipReason.GrantExpired);
    }

    function test_grant_revokeDoesNotLengthenAnExpiry() public {
        uint64 expiry = nowMillis() + 1_000;
        grantSession(150, expiry, 0);
        vm.prank(client);
        escrow.revokeKey(sessionKey);
        (,,, uint64 until,) = escrow.grantOf(client, sessionKey);
        eq(until, expiry, "expiry");
    }

    function test_grant_revokedBeforeItsRegistrationIsDead() public {
        KeyGrant memory grant = KeyGrant(client, sessionKey, 100, FOREVER, 0);
        bytes memory signature = _sign(grant);
        vm.prank(client);
        escrow.revokeKey(sessionKey);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.KeyAlreadyUsed.selector, client, sessionKey));
        settlement.registerGrant(grant, signature);
        expectSkipped(signed(SESSION_KEY, voucher(1, 1)), SkipReason.GrantExpired);
    }

    function test_grant_ofOneClientIsWorthNothingWithAnother() public {
        grantSession(150, FOREVER, 0);
        address other = vm.addr(STRANGER_KEY);
        deposit(other, 100);
        Voucher memory v = voucher(1, 100);
        v.client = other;
        expectSkipped(signed(SESSION_KEY, v), SkipReason.UnknownSigner);
    }

    // ---- withdrawals ----

    function test_withdrawalRace_openDebtSettlesDuringTheLock() public {
        VoucherItem memory debt = signed(CLIENT_KEY, voucher(1, 700e18));
        vm.prank(client);
        escrow.requestWithdrawal(1_000e18);
        vm.warp(block.timestamp + LOCK - 1);
        settle(debt);
        vm.warp(block.timestamp + 1);
        vm.prank(client);
        eq(escrow.withdraw(client), 300e18, "what the debt left");
    }

    function test_windowEdge_withdrawalOpensExactlyAtTheEndOfTheLock() public {
        vm.startPrank(client);
        escrow.requestWithdrawal(1);
        uint64 unlocksAt = uint64(block.timestamp) + LOCK;
        vm.warp(unlocksAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WithdrawalLocked.selector, unlocksAt));
        escrow.withdraw(client);
        vm.warp(unlocksAt);
        eq(escrow.withdraw(client), 1, "open");
    }

    function test_paused_withdrawalsClaimsAndSettlementGoOn() public {
        vm.prank(client);
        escrow.requestWithdrawal(100);
        escrow.setPaused(true);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.DepositsPaused.selector));
        escrow.deposit(client, 1);
        vm.prank(client);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.DepositsPaused.selector));
        escrow.grantKey(sessionKey, 1, FOREVER, 0);
        settle(CLIENT_KEY, 1, 100);
        vm.prank(NODE);
        eq(escrow.claim(NODE), 98, "claim");
        vm.warp(block.timestamp + LOCK);
        vm.prank(client);
        eq(escrow.withdraw(client), 100, "withdraw");
    }

    function test_sequencerSilence_nodeSettlesForItself() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 100));
        vm.prank(NODE);
        settlement.settleVouchers(list(item));
        eq(escrow.earningsOf(NODE), 98, "no settler needed");
    }

    function test_slash_reachesStakeThatUnbonds() public {
        registry.stake(NODE, 100);
        vm.prank(NODE);
        registry.startUnbonding(100);
        vm.warp(block.timestamp + UNBONDING - 1);
        eq(registry.slash(NODE, 60, keccak256("verdict")), 60, "slashed while it unbonds");
        vm.warp(block.timestamp + 1);
        vm.prank(NODE);
        eq(registry.withdrawStake(NODE), 40, "the rest leaves");
    }

    // ---- arithmetic, gas, tokens ----

    function testFuzz_rounding_manySmallPaymentsNeverFavourTheNode(uint8 steps, uint64 step) public {
        steps = uint8(bound(steps, 1, 20));
        step = uint64(bound(step, 1, 1e18));
        for (uint128 i = 1; i <= steps; ++i) settle(CLIENT_KEY, 1, i * step);
        uint256 paid = uint256(steps) * step;
        ok(escrow.earningsOf(TREASURY) * 10_000 >= paid * FEE_BPS, "the fee is never short");
        eq(escrow.earningsOf(NODE) + escrow.earningsOf(TREASURY), paid, "nothing appears or vanishes");
        eq(escrow.balanceOf(client) + paid, token.balanceOf(address(escrow)), "backed by tokens");
    }

    function test_boundedLoop_fullCallOfNewChannelsFitsATransaction() public {
        uint256 count = settlement.MAX_VOUCHERS();
        VoucherItem[] memory items = new VoucherItem[](count);
        for (uint256 i = 0; i < count; ++i) {
            address payer = vm.addr(1_000 + i);
            uint256 key = 100_000 + i;
            deposit(payer, 1e18);
            vm.prank(payer);
            escrow.grantKey(vm.addr(key), 1e18, FOREVER, 0);
            Voucher memory v = voucher(1, 1e17);
            (v.client, v.node) = (payer, address(uint160(0xABCD0000 + i)));
            items[i] = signed(key, v);
        }
        settlement.settleBatch(BatchHeader(keccak256("root"), keccak256("segment"), 1), items);
        ok(vm.lastCallGas().gasTotalUsed < 16_777_216, "the dearest call fits");
        for (uint256 i = 0; i < count; ++i) {
            eq(settlement.settledAmount(items[i].voucher.client, items[i].voucher.node, 1), 1e17, "all paid");
        }
        VoucherItem[] memory tooMany = new VoucherItem[](count + 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TooManyVouchers.selector, count + 1, count));
        settlement.settleVouchers(tooMany);
    }

    function test_gasGriefing_partiesAreNeverCalled() public {
        GasBurner node = new GasBurner();
        Voucher memory v = voucher(1, 100);
        v.node = address(node);
        settle(signed(CLIENT_KEY, v));
        eq(node.calls(), 0, "a payee's code never runs");
        eq(escrow.earningsOf(address(node)), 98, "and it is still paid");
    }

    /// The token itself is client and node, the strongest position to reenter from. Each call that fails inside a transfer is then done
    /// outside of one, to show that nothing but the guard stopped it.
    function test_reentrancy_throughATokenHookFails() public {
        HookToken hook = new HookToken();
        (Escrow target, Settlement paying) = newEscrow(address(hook));
        bytes memory reenter = abi.encodeCall(Escrow.deposit, (address(hook), 1_000));
        hook.arm(address(target), reenter);
        target.deposit(client, 1_000);
        _requireBlocked(hook, target, reenter, "deposit in deposit");

        Voucher memory v = voucher(1, 100);
        paying.settleVouchers(list(signedFor(paying, CLIENT_KEY, v)));
        v.node = address(hook);
        paying.settleVouchers(list(signedFor(paying, CLIENT_KEY, v)));
        reenter = abi.encodeCall(Escrow.claim, (address(hook)));
        hook.arm(address(target), reenter);
        vm.prank(NODE);
        target.claim(NODE);
        _requireBlocked(hook, target, reenter, "claim in claim");

        hook.run(address(target), abi.encodeCall(Escrow.requestWithdrawal, (1_000)));
        vm.prank(client);
        target.requestWithdrawal(800);
        vm.warp(block.timestamp + LOCK);
        reenter = abi.encodeCall(Escrow.withdraw, (address(hook)));
        hook.arm(address(target), reenter);
        vm.prank(client);
        target.withdraw(client);
        _requireBlocked(hook, target, reenter, "withdraw in withdraw");
        eq(hook.balanceOf(address(target)), 4, "the fees are left");
    }

    function _requireBlocked(HookToken hook, Escrow target, bytes memory call, string memory what) private {
        ok(hook.attempted() && !hook.succeeded(), what);
        hook.run(address(target), call);
    }

    function test_hostileToken_creditsWhatArrived() public {
        FeeToken taxed = new FeeToken();
        (Escrow target,) = newEscrow(address(taxed));
        target.deposit(client, 1_000);
        eq(target.balanceOf(client), 990, "not what was promised");
    }

    function test_hostileToken_falseReturnIsAFailure() public {
        LyingToken lying = new LyingToken();
        (Escrow target,) = newEscrow(address(lying));
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(lying)));
        target.deposit(client, 1_000);
    }

    // ---- proofs ----

    function test_merkle_innerNodeIsNoReceipt() public {
        bytes32[] memory leaves = new bytes32[](4);
        for (uint256 i = 0; i < 4; ++i) leaves[i] = keccak256(abi.encodePacked(bytes1(0), bytes32(i)));
        bytes32 root = MerkleTree.root(leaves);
        settlement.settleBatch(BatchHeader(root, 0, 4), new VoucherItem[](0));
        bytes32[] memory shorter = new bytes32[](1);
        shorter[0] = MerkleTree.parent(leaves[2], leaves[3]);
        ok(!settlement.verifyReceipt(root, MerkleTree.parent(leaves[0], leaves[1]), shorter), "inner node");
        ok(!settlement.verifyReceipt(root, root, new bytes32[](0)), "root");
        ok(!settlement.verifyReceipt(root, leaves[0], MerkleTree.proof(leaves, 0)), "leaf in place of its receipt");
        ok(settlement.verifyReceipt(root, bytes32(0), MerkleTree.proof(leaves, 0)), "the receipt itself");
    }

    function test_merkle_duplicateLeafProvesNothingNew() public pure {
        // As many trees do, repeating the last leaf must not give the same root as leaving it odd.
        bytes32[] memory three = new bytes32[](3);
        bytes32[] memory four = new bytes32[](4);
        for (uint256 i = 0; i < 3; ++i) three[i] = four[i] = keccak256(abi.encodePacked(bytes1(0), bytes32(i)));
        four[3] = four[2];
        ok(MerkleTree.root(three) != MerkleTree.root(four), "different batches, different roots");
    }

    // ---- chain ----

    function test_reorg_acrossASettlementPaysOnceOnEitherBranch() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 100));
        BatchHeader memory header = BatchHeader(keccak256("root"), keccak256("segment"), 1);
        uint256 fork = vm.snapshotState();
        settlement.settleBatch(header, list(item));
        vm.revertToState(fork); // the block is gone; the settler sends the same call again, the node settles as well
        settle(item);
        settlement.settleBatch(header, list(item));
        eq(escrow.balanceOf(client), 1_000e18 - 100, "once");
        eq(settlement.batchCount(), 1, "one batch");
    }

    function _sign(KeyGrant memory grant) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(CLIENT_KEY, settlement.hashKeyGrant(grant));
        return abi.encodePacked(r, s, v);
    }
}
