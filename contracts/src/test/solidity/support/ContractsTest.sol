// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DGridToken} from "../../../main/solidity/DGridToken.sol";
import {Escrow} from "../../../main/solidity/Escrow.sol";
import {NodeRegistry} from "../../../main/solidity/NodeRegistry.sol";
import {Settlement} from "../../../main/solidity/Settlement.sol";
import {ISettlement} from "../../../main/solidity/interfaces/ISettlement.sol";
import {KeyGrant, SkipReason, Voucher, VoucherItem} from "../../../main/solidity/Types.sol";
import {Vm} from "./Vm.sol";

/// A fresh deployment, one funded client, and the words the tests are written in. The test contract is admin, settler and token holder.
abstract contract ContractsTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint64 internal constant FOREVER = type(uint64).max;
    uint64 internal constant LOCK = 1 hours;
    uint64 internal constant GRACE = 30 minutes;
    uint64 internal constant UNBONDING = 7 days;
    uint16 internal constant FEE_BPS = 200;
    uint128 internal constant MINIMUM_STAKE = 100e18;
    uint256 internal constant CLIENT_KEY = 0xC11E47;
    uint256 internal constant SESSION_KEY = 0x5E5510;
    uint256 internal constant STRANGER_KEY = 0xBAD;
    address internal constant NODE = address(0xD0DE);
    address internal constant TREASURY = address(0x7EA5);
    address internal client = vm.addr(CLIENT_KEY);
    address internal sessionKey = vm.addr(SESSION_KEY);

    DGridToken internal token;
    Escrow internal escrow;
    Settlement internal settlement;
    NodeRegistry internal registry;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        token = DGridToken(create("DGridToken", abi.encode(address(this), address(this), 100_000_000e18)));
        (escrow, settlement) = newEscrow(address(token));
        registry = NodeRegistry(
            create("NodeRegistry", abi.encode(address(this), address(token), TREASURY, MINIMUM_STAKE, UNBONDING))
        );
        registry.grantRole(registry.SLASHER_ROLE(), address(this));
        token.approve(address(registry), type(uint256).max);
        deposit(client, 1_000e18);
    }

    /// Both contracts over any token; the escrow may spend this contract's tokens.
    function newEscrow(address token_) internal returns (Escrow escrow_, Settlement settlement_) {
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        escrow_ = Escrow(createEscrow(token_, predicted, FEE_BPS, LOCK, GRACE));
        settlement_ = Settlement(createSettlement(address(escrow_)));
        DGridToken(token_).approve(address(escrow_), type(uint256).max);
    }

    function createEscrow(address token_, address settlement_, uint16 feeBps, uint64 lock, uint64 grace)
        public
        returns (address)
    {
        return create("Escrow", abi.encode(address(this), token_, settlement_, TREASURY, feeBps, lock, grace));
    }

    function createSettlement(address escrow_) public returns (address) {
        return create("Settlement", abi.encode(address(this), address(this), escrow_));
    }

    /// Deploys the committed bytecode: what is tested is what is shipped.
    function create(string memory name, bytes memory arguments) internal returns (address created) {
        string memory bin = vm.readFile(string.concat("artifacts/", name, ".bin"));
        bytes memory code = bytes.concat(vm.parseBytes(string.concat("0x", bin)), arguments);
        assembly {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    function deposit(address to, uint128 amount) internal {
        escrow.deposit(to, amount);
    }

    function voucher(uint64 epoch, uint128 cumulative) internal view returns (Voucher memory) {
        return Voucher(client, NODE, epoch, cumulative, 1, keccak256("receipts"), FOREVER);
    }

    function signed(uint256 key, Voucher memory value) internal view returns (VoucherItem memory item) {
        return signedFor(settlement, key, value);
    }

    function signedFor(Settlement target, uint256 key, Voucher memory value)
        internal
        view
        returns (VoucherItem memory item)
    {
        item.voucher = value;
        (item.v, item.r, item.s) = vm.sign(key, target.hashVoucher(value));
    }

    function settle(VoucherItem memory item) internal {
        settlement.settleVouchers(list(item));
    }

    /// Signs with `key` and settles the client's voucher for NODE.
    function settle(uint256 key, uint64 epoch, uint128 cumulative) internal {
        settle(signed(key, voucher(epoch, cumulative)));
    }

    function expectSkipped(VoucherItem memory item, SkipReason reason) internal {
        uint128 balance = escrow.balanceOf(item.voucher.client);
        Voucher memory value = item.voucher;
        vm.expectEmit(true, true, true, true, address(settlement));
        emit ISettlement.VoucherSkipped(
            value.client, value.node, value.channelEpoch, value.cumulativeAmount, reason
        );
        settle(item);
        eq(escrow.balanceOf(value.client), balance, "a skipped voucher moves nothing");
    }

    function grantSession(uint128 cap, uint64 expiry, bytes32 scope) internal {
        vm.prank(client);
        escrow.grantKey(sessionKey, cap, expiry, scope);
    }

    function list(VoucherItem memory item) internal pure returns (VoucherItem[] memory items) {
        items = new VoucherItem[](1);
        items[0] = item;
    }

    function nowMillis() internal view returns (uint64) {
        return uint64(block.timestamp * 1_000);
    }

    function fee(uint256 paid) internal pure returns (uint256) {
        return (paid * FEE_BPS + 9_999) / 10_000;
    }

    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }

    error Unequal(string what, uint256 actual, uint256 expected);
    error Untrue(string what);

    function eq(uint256 actual, uint256 expected, string memory what) internal pure {
        require(actual == expected, Unequal(what, actual, expected));
    }

    function eq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        require(actual == expected, Unequal(what, uint256(actual), uint256(expected)));
    }

    function ok(bool condition, string memory what) internal pure {
        require(condition, Untrue(what));
    }
}
