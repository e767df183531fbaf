// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchHeader, Voucher, VoucherItem} from "../../main/solidity/Types.sol";
import {ContractsTest} from "./support/ContractsTest.sol";
import {MerkleTree} from "./support/MerkleTree.sol";

/// What each operation costs as a transaction of its own, with cold storage, calldata and the 21 000 of a transaction. Every test is a promise.
/// "Steady state": the channel, both balances and the key have been used before.
contract GasTest is ContractsTest {
    uint256 private constant PAIRS = 100;
    uint256 private constant TEN = 10;
    VoucherItem[] private _items;

    function test_gas_pair_tenClientsTimesTenNodes() public {
        _within(_settleSteadily(10, 10, false) / PAIRS, 20_000, "pair: 10 clients x 10 nodes");
    }

    function test_gas_pair_hundredClientsOneNode() public {
        _within(_settleSteadily(100, 1, false) / PAIRS, 24_000, "pair: 100 clients, 1 node");
    }

    function test_gas_pair_hundredClientsHundredNodes() public {
        _within(_settleSteadily(100, 100, false) / PAIRS, 28_700, "pair: 100 clients, 100 nodes");
    }

    function test_gas_pair_tenSessionKeysTimesTenNodes() public {
        _within(_settleSteadily(10, 10, true) / PAIRS, 21_300, "pair: 10 session keys x 10 nodes");
    }

    function test_gas_batch_withoutVouchers() public {
        settlement.settleBatch(BatchHeader(keccak256("first"), keccak256("s"), 1), new VoucherItem[](0));
        settlement.settleBatch(BatchHeader(keccak256("root"), keccak256("segment"), 1_000), new VoucherItem[](0));
        _within(vm.lastCallGas().gasTotalUsed, 90_000, "batch without vouchers");
    }

    function test_gas_inclusionProof_hundredThousandReceipts() public {
        // 17 levels; a comb is as deep as a full tree of 100 000 leaves.
        bytes32 receipt = keccak256("receipt");
        bytes32[] memory proof = new bytes32[](17);
        bytes32 root = keccak256(abi.encodePacked(bytes1(0), receipt));
        for (uint256 i = 0; i < proof.length; ++i) {
            proof[i] = keccak256(abi.encode(i));
            root = MerkleTree.parent(root, proof[i]);
        }
        settlement.settleBatch(BatchHeader(root, 0, 100_000), new VoucherItem[](0));
        // A plain call: forge takes only these for transactions of their own, not the static call of a view.
        (bool done, bytes memory answer) =
            address(settlement).call(abi.encodeCall(settlement.verifyReceipt, (root, receipt, proof)));
        ok(done && abi.decode(answer, (bool)), "proven");
        _within(vm.lastCallGas().gasTotalUsed, 46_000, "inclusion proof of 100 000 receipts");
    }

    function test_gas_dearestCall_twoHundredNewPairsByNewKeys() public {
        uint256 count = settlement.MAX_VOUCHERS();
        for (uint256 i = 0; i < count; ++i) _open(i, i, true, 1);
        settlement.settleBatch(BatchHeader(keccak256("root"), keccak256("segment"), 1), _items);
        _within(vm.lastCallGas().gasTotalUsed, 16_777_216, "200 new pairs signed by new keys");
    }

    /// @return gas used by the second settlement of every pair
    function _settleSteadily(uint256 clients, uint256 nodes, bool keys) private returns (uint256) {
        for (uint256 i = 0; i < PAIRS; ++i) {
            _open(i % clients, clients == nodes && clients == TEN ? i / TEN : i % nodes, keys, 1e18);
        }
        settlement.settleBatch(BatchHeader(keccak256("first"), keccak256("segment"), 1), _items);
        for (uint256 i = 0; i < PAIRS; ++i) {
            Voucher memory v = _items[i].voucher;
            v.cumulativeAmount += 123_456_789_012_345_678;
            v.receiptCount += 1_000;
            _items[i] = signed(_signer(i % clients, keys), v);
        }
        uint256 earned = escrow.earningsOf(TREASURY);
        settlement.settleBatch(BatchHeader(keccak256("root"), keccak256("segment"), 100_000), _items);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        eq(
            escrow.earningsOf(TREASURY) - earned,
            PAIRS * fee(123_456_789_012_345_678),
            "every pair was paid, or the figure means nothing"
        );
        return used;
    }

    function _open(uint256 payer, uint256 node, bool keys, uint128 amount) private {
        Voucher memory v = voucher(1, amount);
        v.client = vm.addr(1_000 + payer);
        v.node = address(uint160(uint256(keccak256(abi.encode("node", node)))));
        v.validBefore = nowMillis() + 86_400_000;
        deposit(v.client, 100e18);
        address key = vm.addr(100_000 + payer);
        (,, uint128 remaining,,) = escrow.grantOf(v.client, key);
        if (keys && remaining == 0) {
            vm.prank(v.client);
            escrow.grantKey(key, 1_000e18, FOREVER, 0);
        }
        _items.push(signed(_signer(payer, keys), v));
    }

    function _signer(uint256 payer, bool keys) private pure returns (uint256) {
        return (keys ? 100_000 : 1_000) + payer;
    }

    function _within(uint256 used, uint256 limit, string memory what) private {
        vm.snapshotValue("gas", what, used);
        require(used <= limit, Unequal(what, used, limit));
    }
}
