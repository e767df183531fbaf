// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IEscrow} from "../../main/solidity/interfaces/IEscrow.sol";
import {ISettlement} from "../../main/solidity/interfaces/ISettlement.sol";
import {Batch, BatchHeader, KeyGrant, SkipReason, VoucherItem} from "../../main/solidity/Types.sol";
import {MerkleTree} from "./support/MerkleTree.sol";
import {ContractsTest} from "./support/ContractsTest.sol";

contract SettlementTest is ContractsTest {
    BatchHeader internal header = BatchHeader(keccak256("root"), keccak256("segment"), 3);

    function test_voucherPaysItsNewPartOnly() public {
        settle(CLIENT_KEY, 1, 100);
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.VoucherSettled(client, NODE, 1, 50, 1, 150);
        settle(CLIENT_KEY, 1, 150);
        eq(settlement.settledAmount(client, NODE, 1), 150, "settled");
        eq(escrow.balanceOf(client), 1_000e18 - 150, "client");
        eq(escrow.earningsOf(NODE), 150 - 3, "node");
    }

    function test_epochsAreSeparateChannels() public {
        settle(CLIENT_KEY, 1, 100);
        settle(CLIENT_KEY, 2, 100);
        eq(escrow.balanceOf(client), 1_000e18 - 200, "both paid");
    }

    function test_shortBalancePaysPartAndTheSameVoucherPaysTheRestLater() public {
        VoucherItem memory item = signed(CLIENT_KEY, voucher(1, 1_500e18));
        settle(item);
        eq(settlement.settledAmount(client, NODE, 1), 1_000e18, "only the paid part counts");
        expectSkipped(item, SkipReason.NoFunds);
        deposit(client, 600e18);
        settle(item);
        eq(settlement.settledAmount(client, NODE, 1), 1_500e18, "rest");
        eq(escrow.balanceOf(client), 100e18, "no more than that");
    }

    function test_badVoucherDoesNotHoldUpTheOthers() public {
        VoucherItem[] memory items = new VoucherItem[](3);
        items[0] = signed(CLIENT_KEY, voucher(1, 100));
        items[1] = signed(STRANGER_KEY, voucher(2, 100));
        items[2] = signed(CLIENT_KEY, voucher(3, 100));
        settlement.settleBatch(header, items);
        eq(settlement.settledAmount(client, NODE, 1), 100, "first");
        eq(settlement.settledAmount(client, NODE, 2), 0, "forged");
        eq(settlement.settledAmount(client, NODE, 3), 100, "third");
    }

    function test_sameVoucherTwiceInOneCallPaysOnce() public {
        VoucherItem[] memory items = new VoucherItem[](2);
        items[0] = signed(CLIENT_KEY, voucher(1, 100));
        items[1] = items[0];
        settlement.settleVouchers(items);
        eq(escrow.balanceOf(client), 1_000e18 - 100, "once");
    }

    function test_batchIsKeptAndNumbered() public {
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.BatchSettled(header.receiptsRoot, header.dataCommitment, 3, 1);
        settlement.settleBatch(header, new VoucherItem[](0));
        Batch memory batch = settlement.batchOf(header.receiptsRoot);
        eq(batch.dataCommitment, header.dataCommitment, "commitment");
        eq(batch.number, 1, "number");
        eq(batch.settledAt, block.timestamp, "time");
        eq(batch.receiptCount, 3, "count");
        header.receiptsRoot = keccak256("next");
        settlement.settleBatch(header, new VoucherItem[](0));
        eq(settlement.batchCount(), 2, "no gaps");
    }

    function test_rootSettlesOnce() public {
        settlement.settleBatch(header, new VoucherItem[](0));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BatchAlreadySettled.selector, header.receiptsRoot));
        settlement.settleBatch(header, new VoucherItem[](0));
    }

    function test_emptyBatchIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EmptyBatch.selector));
        settlement.settleBatch(BatchHeader(keccak256("root"), 0, 0), new VoucherItem[](0));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.EmptyBatch.selector));
        settlement.settleBatch(BatchHeader(0, 0, 1), new VoucherItem[](0));
    }

    function test_onlyTheSettlerPostsRoots() public {
        bytes32 role = settlement.SETTLER_ROLE();
        vm.prank(client);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, client, role)
        );
        settlement.settleBatch(header, new VoucherItem[](0));
    }

    function test_anybodyBringsASignedGrantAndTheKeyMayPay() public {
        KeyGrant memory grant = KeyGrant(client, sessionKey, 500, FOREVER, 0);
        bytes memory signature = sign(CLIENT_KEY, grant);
        vm.expectEmit(true, true, true, true, address(escrow));
        emit IEscrow.KeyGranted(client, sessionKey, 500, FOREVER, 0);
        vm.prank(address(0xA11));
        settlement.registerGrant(grant, signature);
        settle(SESSION_KEY, 1, 300);
        settle(SESSION_KEY, 2, 300);
        eq(settlement.settledAmount(client, NODE, 2), 200, "up to the cap, over all channels");
        (, uint128 cap, uint128 remaining,,) = escrow.grantOf(client, sessionKey);
        ok(cap == 500 && remaining == 0, "spent");
    }

    function test_grantSignedByAnotherIsRefused() public {
        KeyGrant memory grant = KeyGrant(client, sessionKey, 500, FOREVER, 0);
        bytes memory signature = sign(SESSION_KEY, grant);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidGrantSignature.selector));
        settlement.registerGrant(grant, signature);
        signature = sign(CLIENT_KEY, grant);
        grant.spendCap = 501;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidGrantSignature.selector));
        settlement.registerGrant(grant, signature);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidGrantSignature.selector));
        settlement.registerGrant(grant, hex"1234");
    }

    function test_escrowOfAnotherSettlementIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongEscrow.selector, address(escrow)));
        this.createSettlement(address(escrow));
    }

    function testFuzz_proofsOfEveryLeafHold(uint256 seed, uint256 count) public {
        count = bound(count, 1, 70);
        bytes32[] memory hashes = new bytes32[](count);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = keccak256(abi.encode(seed, i));
            leaves[i] = keccak256(abi.encodePacked(bytes1(0), hashes[i]));
        }
        bytes32 root = MerkleTree.root(leaves);
        settlement.settleBatch(BatchHeader(root, 0, uint32(count)), new VoucherItem[](0));
        uint256 index = bound(seed, 0, count - 1);
        bytes32[] memory proof = MerkleTree.proof(leaves, index);
        ok(settlement.verifyReceipt(root, hashes[index], proof), "member");
        ok(!settlement.verifyReceipt(root, keccak256("other"), proof), "stranger");
        ok(!settlement.verifyReceipt(keccak256("unsettled"), hashes[index], proof), "unknown root");
    }

    function sign(uint256 key, KeyGrant memory grant) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, settlement.hashKeyGrant(grant));
        return abi.encodePacked(r, s, v);
    }
}
