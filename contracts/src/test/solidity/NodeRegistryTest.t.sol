// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {INodeRegistry} from "../../main/solidity/interfaces/INodeRegistry.sol";
import {ContractsTest} from "./support/ContractsTest.sol";

contract NodeRegistryTest is ContractsTest {
    bytes32 private constant EVIDENCE = keccak256("verdict");

    function test_nodeIsActiveFromTheMinimumStakeOn() public {
        registry.stake(NODE, MINIMUM_STAKE - 1);
        ok(!registry.isActive(NODE), "one short");
        vm.expectEmit(true, true, true, true, address(registry));
        emit INodeRegistry.Staked(NODE, address(this), 1, MINIMUM_STAKE);
        registry.stake(NODE, 1);
        ok(registry.isActive(NODE), "enough");
    }

    function test_unbondingStakeServesNoMoreAndWaits() public {
        registry.stake(NODE, MINIMUM_STAKE);
        vm.startPrank(NODE);
        registry.startUnbonding(1);
        ok(!registry.isActive(NODE), "below the minimum at once");
        (uint128 amount, uint64 unlocksAt) = registry.unbondingOf(NODE);
        ok(amount == 1 && unlocksAt == block.timestamp + UNBONDING, "unbonding");
        vm.warp(unlocksAt - 1);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.StillUnbonding.selector, unlocksAt));
        registry.withdrawStake(NODE);
        vm.warp(unlocksAt);
        eq(registry.withdrawStake(NODE), 1, "withdrawn");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NothingUnbonding.selector));
        registry.withdrawStake(NODE);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.InsufficientStake.selector, MINIMUM_STAKE, MINIMUM_STAKE - 1)
        );
        registry.startUnbonding(MINIMUM_STAKE);
    }

    function test_moreUnbondingStartsTheTimeAnew() public {
        registry.stake(NODE, 10);
        vm.startPrank(NODE);
        registry.startUnbonding(4);
        vm.warp(block.timestamp + UNBONDING);
        registry.startUnbonding(3);
        (uint128 amount, uint64 unlocksAt) = registry.unbondingOf(NODE);
        ok(amount == 7 && unlocksAt == block.timestamp + UNBONDING, "merged");
    }

    function test_jailBarsForATimeAndCanBeLifted() public {
        registry.stake(NODE, MINIMUM_STAKE);
        registry.jail(NODE, uint64(block.timestamp) + 10, EVIDENCE);
        ok(!registry.isActive(NODE), "jailed");
        vm.warp(block.timestamp + 10);
        ok(registry.isActive(NODE), "served");
        registry.jail(NODE, uint64(block.timestamp) + 10, EVIDENCE);
        vm.expectEmit(true, true, true, true, address(registry));
        emit INodeRegistry.Unjailed(NODE);
        registry.jail(NODE, 0, EVIDENCE);
        ok(registry.isActive(NODE), "freed");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.JailTooLong.selector, FOREVER));
        registry.jail(NODE, FOREVER, EVIDENCE);
    }

    function test_jailedNodeStillWithdrawsWhatFinishedUnbonding() public {
        registry.stake(NODE, 10);
        vm.prank(NODE);
        registry.startUnbonding(10);
        registry.jail(NODE, uint64(block.timestamp) + 300 days, EVIDENCE);
        vm.warp(block.timestamp + UNBONDING);
        vm.prank(NODE);
        eq(registry.withdrawStake(NODE), 10, "withdrawn");
    }

    function test_slashedTokensGoToTheTreasuryOnly() public {
        registry.stake(NODE, 10);
        eq(registry.slash(NODE, 25, EVIDENCE), 10, "no more than there is");
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotTreasury.selector, address(this)));
        registry.claimSlashed(address(this));
        vm.prank(TREASURY);
        eq(registry.claimSlashed(TREASURY), 10, "claimed");
        eq(token.balanceOf(TREASURY), 10, "paid out");
    }

    function test_onlyTheSlasherSlashesAndJails() public {
        bytes32 role = registry.SLASHER_ROLE();
        bytes memory refusal =
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, NODE, role);
        vm.startPrank(NODE);
        vm.expectRevert(refusal);
        registry.slash(client, 1, EVIDENCE);
        vm.expectRevert(refusal);
        registry.jail(client, 1, EVIDENCE);
    }

    function test_operatorKeyRotatesAndFallsBackToTheNode() public {
        ok(registry.operatorKeyOf(NODE) == NODE, "itself");
        vm.startPrank(NODE);
        registry.setOperatorKey(sessionKey);
        ok(registry.operatorKeyOf(NODE) == sessionKey, "rotated");
        registry.setOperatorKey(address(0));
        ok(registry.operatorKeyOf(NODE) == NODE, "itself again");
    }

    function test_oraclesAreReadable() public {
        ok(!registry.isOracle(sessionKey), "not yet");
        registry.grantRole(registry.ORACLE_ROLE(), sessionKey);
        ok(registry.isOracle(sessionKey), "granted");
    }

    function testFuzz_slashTakesFromStakeFirstThenFromUnbonding(uint128 stake, uint128 unbonding, uint128 amount)
        public
    {
        stake = uint128(bound(stake, 1, 1_000_000e18));
        unbonding = uint128(bound(unbonding, 0, stake));
        amount = uint128(bound(amount, 0, 3_000_000e18));
        registry.stake(NODE, stake);
        if (unbonding > 0) {
            vm.prank(NODE);
            registry.startUnbonding(unbonding);
        }
        uint128 active = stake - unbonding;
        uint128 taken = registry.slash(NODE, amount, EVIDENCE);
        eq(taken, min(amount, stake), "taken");
        eq(registry.stakeOf(NODE), active - min(active, amount), "stake");
        (uint128 left,) = registry.unbondingOf(NODE);
        eq(uint256(left) + registry.stakeOf(NODE) + taken, stake, "conserved");
        eq(token.balanceOf(address(registry)), uint256(left) + registry.stakeOf(NODE) + registry.slashedPool(), "held");
    }
}
