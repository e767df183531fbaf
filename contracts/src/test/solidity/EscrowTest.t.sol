// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IEscrow} from "../../main/solidity/interfaces/IEscrow.sol";
import {GrantState, KeyGrant, SkipReason} from "../../main/solidity/Types.sol";
import {ContractsTest} from "./support/ContractsTest.sol";

contract EscrowTest is ContractsTest {
    function test_depositForAnotherCreditsTheOther() public {
        address other = address(0x0123);
        vm.expectEmit(true, true, true, true, address(escrow));
        emit IEscrow.Deposited(other, address(this), 7, 7);
        escrow.deposit(other, 7);
        eq(escrow.balanceOf(other), 7, "balance");
        eq(escrow.availableOf(other), 7, "available");
    }

    function test_depositNeedsAmountAndClient() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ZeroAmount.selector));
        escrow.deposit(client, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ZeroAddress.selector));
        escrow.deposit(address(0), 1);
    }

    function test_permitAndDepositInOneTransaction() public {
        token.transfer(client, 5e18);
        uint256 deadline = block.timestamp;
        bytes32 digest = keccak256(
            abi.encodePacked(
                hex"1901",
                token.DOMAIN_SEPARATOR(),
                keccak256(
                    abi.encode(
                        keccak256(
                            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                        ),
                        client,
                        address(escrow),
                        uint256(5e18),
                        uint256(0),
                        deadline
                    )
                )
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(CLIENT_KEY, digest);
        // Somebody copied the permit from the mempool and spent it first: the deposit must go through all the same.
        token.permit(client, address(escrow), 5e18, deadline, v, r, s);
        vm.prank(client);
        escrow.depositWithPermit(client, 5e18, deadline, v, r, s);
        eq(escrow.balanceOf(client), 1_005e18, "balance");
    }

    function test_withdrawalWaitsForTheLock() public {
        vm.startPrank(client);
        escrow.requestWithdrawal(400e18);
        eq(escrow.availableOf(client), 600e18, "requested money is no longer available");
        (uint128 amount, uint64 unlocksAt) = escrow.withdrawalOf(client);
        eq(amount, 400e18, "requested");
        eq(unlocksAt, block.timestamp + LOCK, "unlock time");
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WithdrawalLocked.selector, unlocksAt));
        escrow.withdraw(client);
        vm.warp(unlocksAt);
        escrow.withdraw(address(0xCAFE));
        eq(token.balanceOf(address(0xCAFE)), 400e18, "paid out");
        eq(escrow.balanceOf(client), 600e18, "rest");
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoWithdrawalRequested.selector));
        escrow.withdraw(client);
    }

    function test_newRequestReplacesTheOldAndStartsTheLockAnew() public {
        vm.startPrank(client);
        escrow.requestWithdrawal(1e18);
        vm.warp(block.timestamp + LOCK);
        escrow.requestWithdrawal(2e18);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.WithdrawalLocked.selector, uint64(block.timestamp) + LOCK)
        );
        escrow.withdraw(client);
    }

    function test_cancelledWithdrawalIsAvailableAgain() public {
        vm.startPrank(client);
        escrow.requestWithdrawal(400e18);
        escrow.cancelWithdrawal();
        eq(escrow.availableOf(client), 1_000e18, "available");
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NoWithdrawalRequested.selector));
        escrow.cancelWithdrawal();
    }

    function test_requestBeyondTheBalanceIsRefused() public {
        vm.prank(client);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.InsufficientBalance.selector, uint128(1_000e18 + 1), uint128(1_000e18))
        );
        escrow.requestWithdrawal(1_000e18 + 1);
    }

    function test_depositDuringTheLockIsNotAvailableWhileTheRequestCoversIt() public {
        vm.prank(client);
        escrow.requestWithdrawal(1_000e18);
        settle(CLIENT_KEY, 1, 1_000e18);
        deposit(client, 300e18);
        eq(escrow.availableOf(client), 0, "a node must not rely on money that can leave without a lock");
    }

    function test_keyIsGrantedOnceAndNeverAfterRevocation() public {
        grantSession(10, FOREVER, 0);
        (GrantState state, uint128 cap, uint128 remaining,,) = escrow.grantOf(client, sessionKey);
        ok(state == GrantState.Active && cap == 10 && remaining == 10, "granted");
        vm.startPrank(client);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.KeyAlreadyUsed.selector, client, sessionKey));
        escrow.grantKey(sessionKey, 20, FOREVER, 0);
        escrow.revokeKey(sessionKey);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.KeyAlreadyUsed.selector, client, sessionKey));
        escrow.grantKey(sessionKey, 20, FOREVER, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.KeyAlreadyUsed.selector, client, sessionKey));
        escrow.revokeKey(sessionKey);
    }

    function test_senselessGrantsAreRefused() public {
        uint64 present = nowMillis();
        vm.startPrank(client);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.InvalidKey.selector, address(0)));
        escrow.grantKey(address(0), 1, FOREVER, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.InvalidKey.selector, client));
        escrow.grantKey(client, 1, FOREVER, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ZeroAmount.selector));
        escrow.grantKey(sessionKey, 0, FOREVER, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.GrantAlreadyExpired.selector, present));
        escrow.grantKey(sessionKey, 1, present, 0);
    }

    function test_onlySettlementChargesAndRegisters() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotSettlement.selector, address(this)));
        escrow.charge(client, client, NODE, 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotSettlement.selector, address(this)));
        escrow.registerGrant(KeyGrant(client, sessionKey, 1, FOREVER, 0));
    }

    function test_onlyThePauserPauses() public {
        bytes32 role = escrow.PAUSER_ROLE();
        vm.prank(client);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, client, role)
        );
        escrow.setPaused(true);
    }

    function test_claimPaysTheWholeEarningsOnce() public {
        settle(CLIENT_KEY, 1, 100);
        vm.startPrank(NODE);
        eq(escrow.claim(address(0xCAFE)), 98, "claimed");
        eq(token.balanceOf(address(0xCAFE)), 98, "paid out");
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ZeroAmount.selector));
        escrow.claim(NODE);
        vm.stopPrank();
        vm.prank(TREASURY);
        eq(escrow.claim(TREASURY), 2, "fee");
    }

    function test_parametersAreBoundedInCode() public {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ParameterOutOfBounds.selector, bytes32("feeBps"), 1_001));
        this.createEscrow(address(token), address(settlement), 1_001, LOCK, GRACE);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ParameterOutOfBounds.selector, bytes32("withdrawalLock"), 0));
        this.createEscrow(address(token), address(settlement), 0, 0, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IEscrow.ParameterOutOfBounds.selector, bytes32("revocationGrace"), LOCK + 1)
        );
        this.createEscrow(address(token), address(settlement), 0, LOCK, LOCK + 1);
    }

    function testFuzz_paymentConservesMoneyAndRoundsAgainstTheNode(uint128 balance, uint128 due) public {
        address payer = vm.addr(77);
        balance = uint128(bound(balance, 1, 50_000_000e18));
        due = uint128(bound(due, 1, type(uint128).max - 1));
        deposit(payer, balance);
        uint256 treasuryBefore = escrow.earningsOf(TREASURY);
        uint256 nodeBefore = escrow.earningsOf(NODE);
        vm.prank(address(settlement));
        (uint128 paid, uint128 charged, SkipReason reason) = escrow.charge(payer, payer, NODE, due);
        ok(reason == SkipReason.None, "paid");
        eq(paid, min(balance, due), "never more than due or there");
        eq(charged, fee(paid), "fee rounds up");
        eq(escrow.balanceOf(payer), balance - paid, "client");
        eq(escrow.earningsOf(NODE) - nodeBefore, paid - charged, "node");
        eq(escrow.earningsOf(TREASURY) - treasuryBefore, charged, "treasury");
    }
}
