// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ContractsTest} from "./support/ContractsTest.sol";
import {Handler} from "./support/Handler.sol";

/// What holds after any sequence of calls by any party.
contract InvariantTest is ContractsTest {
    Handler private _handler;
    uint256 private _seeded;

    function setUp() public override {
        super.setUp();
        _handler = new Handler(token, escrow, settlement, registry);
        token.transfer(address(_handler), 50_000_000e18);
        registry.grantRole(registry.SLASHER_ROLE(), address(_handler));
        _seeded = escrow.balanceOf(client);
    }

    /// Read by forge: only the handler is called.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// One campaign over all of them: what differs is the message of the one that broke.
    function invariant_nothingIsForgedLostOrTaken() external view {
        _balancesAddUpToTheTokensHeld();
        _stakesAddUpToTheTokensHeld();
        _noChargeWithoutASignature();
        ok(!_handler.fellBack(), "a channel's settled amount never falls");
        eq(escrow.balanceOf(client), _seeded, "a client who signed nothing keeps every unit");
    }

    function _balancesAddUpToTheTokensHeld() private view {
        uint256 sum = _seeded;
        for (uint256 i = 0; i < _handler.CLIENTS(); ++i) sum += escrow.balanceOf(_handler.client(i));
        for (uint256 i = 0; i < _handler.NODES(); ++i) sum += escrow.earningsOf(_handler.node(i));
        eq(sum, token.balanceOf(address(escrow)), "the escrow owes what it holds");
        uint256 inLessOut = _handler.deposited() - _handler.withdrawn() - _handler.claimed();
        eq(sum, _seeded + inLessOut, "what came in less what went out");
    }

    function _stakesAddUpToTheTokensHeld() private view {
        uint256 sum = registry.slashedPool();
        for (uint256 i = 0; i < _handler.NODES(); ++i) {
            (uint128 unbonding,) = registry.unbondingOf(_handler.node(i));
            sum += uint256(registry.stakeOf(_handler.node(i))) + unbonding;
        }
        eq(sum, token.balanceOf(address(registry)), "the registry owes what it holds");
        eq(sum, _handler.staked() - _handler.unstaked() - _handler.slashClaimed(), "stake in less stake out");
    }

    function _noChargeWithoutASignature() private view {
        for (uint256 c = 0; c < _handler.CLIENTS(); ++c) {
            address payer = _handler.client(c);
            uint256 settled;
            uint256 allowed;
            for (uint256 n = 0; n < _handler.NODES(); ++n) {
                bytes32 id = _handler.channel(payer, _handler.node(n), 1);
                uint128 inChannel = settlement.settledAmount(payer, _handler.node(n), 1);
                ok(inChannel <= _handler.signedFor(id), "no channel pays more than was signed for it");
                settled += inChannel;
                allowed += _handler.signedByClient(id);
            }
            for (uint256 k = 0; k < _handler.KEYS(); ++k) {
                (, uint128 cap,,, bytes32 scope) = escrow.grantOf(payer, _handler.key(k));
                if (scope == 0) allowed += cap;
            }
            ok(settled <= allowed, "no more than the client signed itself and the caps of its keys");
        }
    }
}
