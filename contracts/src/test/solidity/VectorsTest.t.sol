// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobRequest, KeyGrant, Receipt, Verdict, Voucher, BatchHeader, VoucherItem} from "../../main/solidity/Types.sol";
import {ContractsTest} from "./support/ContractsTest.sol";

/// The golden vectors that core's Java runs as well: same structs, same hashes, same signatures, same trees.
contract VectorsTest is ContractsTest {
    string private constant FOLDER = "../core/src/test/resources/vectors/";
    string private _json;
    string private _row;

    function test_vectors_domain() public {
        _json = vm.readFile(string.concat(FOLDER, "eip712.json"));
        bytes32 separator =
            _separator(vm.parseJsonUint(_json, ".domain.chainId"), vm.parseJsonAddress(_json, ".domain.settlement"));
        eq(separator, vm.parseJsonBytes32(_json, ".domainSeparator"), "the formula");
        eq(settlement.domainSeparator(), _separator(block.chainid, address(settlement)), "the contract uses it");
    }

    function test_vectors_structHashes() public {
        _json = vm.readFile(string.concat(FOLDER, "eip712.json"));
        uint256 checked;
        for (uint256 i = 0; vm.keyExistsJson(_json, string.concat(".rows[", vm.toString(i), "]")); ++i) {
            _row = string.concat(".rows[", vm.toString(i), "]");
            bytes32 digest = _digest(keccak256(bytes(vm.parseJsonString(_json, string.concat(_row, ".type")))));
            if (digest == bytes32(0)) continue; // a message that only services read
            bytes32 structHash = vm.parseJsonBytes32(_json, string.concat(_row, ".structHash"));
            eq(digest, keccak256(abi.encodePacked(hex"1901", settlement.domainSeparator(), structHash)), _row);
            ++checked;
        }
        eq(checked, 10, "five messages, two rows each");
    }

    function test_vectors_signatures() public {
        _json = vm.readFile(string.concat(FOLDER, "eip712.json"));
        address signer = vm.parseJsonAddress(_json, ".signer");
        uint256 i;
        for (; vm.keyExistsJson(_json, string.concat(".rows[", vm.toString(i), "]")); ++i) {
            _row = string.concat(".rows[", vm.toString(i), "]");
            bytes32 digest = vm.parseJsonBytes32(_json, string.concat(_row, ".digest"));
            bytes memory signature = vm.parseJsonBytes(_json, string.concat(_row, ".signature"));
            eq(
                digest,
                keccak256(
                    abi.encodePacked(
                        hex"1901",
                        vm.parseJsonBytes32(_json, ".domainSeparator"),
                        vm.parseJsonBytes32(_json, string.concat(_row, ".structHash"))
                    )
                ),
                _row
            );
            (bytes32 r, bytes32 s) = (bytes32(0), bytes32(0));
            assembly {
                r := mload(add(signature, 0x20))
                s := mload(add(signature, 0x40))
            }
            ok(ecrecover(digest, uint8(signature[64]), r, s) == signer, _row);
        }
        eq(i, 26, "all thirteen messages");
    }

    function test_vectors_merkle() public {
        _json = vm.readFile(string.concat(FOLDER, "merkle.json"));
        uint256 proofs;
        for (uint256 t = 0; vm.keyExistsJson(_json, string.concat(".trees[", vm.toString(t), "]")); ++t) {
            string memory tree = string.concat(".trees[", vm.toString(t), "]");
            bytes32 root = vm.parseJsonBytes32(_json, string.concat(tree, ".root"));
            bytes32[] memory receipts = vm.parseJsonBytes32Array(_json, string.concat(tree, ".receiptHashes"));
            settlement.settleBatch(BatchHeader(root, 0, uint32(receipts.length)), new VoucherItem[](0));
            for (uint256 i = 0; i < receipts.length; ++i) {
                bytes32[] memory proof =
                    vm.parseJsonBytes32Array(_json, string.concat(tree, ".proofs[", vm.toString(i), "]"));
                ok(settlement.verifyReceipt(root, receipts[i], proof), tree);
                ++proofs;
            }
        }
        eq(proofs, 32, "every leaf of every tree");
    }

    function _separator(uint256 chainId, address verifier) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("DGrid"),
                keccak256("1"),
                chainId,
                verifier
            )
        );
    }

    function _digest(bytes32 kind) private view returns (bytes32) {
        if (kind == keccak256("Voucher")) {
            return settlement.hashVoucher(
                Voucher(
                    _address("client"),
                    _address("node"),
                    uint64(_uint("channelEpoch")),
                    uint128(_uint("cumulativeAmount")),
                    uint64(_uint("receiptCount")),
                    _word("receiptsRoot"),
                    uint64(_uint("validBefore"))
                )
            );
        }
        if (kind == keccak256("KeyGrant")) {
            return settlement.hashKeyGrant(
                KeyGrant(
                    _address("client"),
                    _address("key"),
                    uint128(_uint("spendCap")),
                    uint64(_uint("expiry")),
                    _word("scope")
                )
            );
        }
        if (kind == keccak256("JobRequest")) {
            return settlement.hashJobRequest(
                JobRequest(
                    _address("client"),
                    _word("modelId"),
                    _word("promptHash"),
                    _word("samplingHash"),
                    uint128(_uint("maxPrice")),
                    uint32(_uint("maxOutputTokens")),
                    uint64(_uint("nonce")),
                    uint64(_uint("expiry"))
                )
            );
        }
        if (kind == keccak256("Receipt")) return settlement.hashReceipt(_receipt());
        if (kind == keccak256("Verdict")) {
            return settlement.hashVerdict(
                Verdict(
                    _word("receiptHash"),
                    _address("node"),
                    _address("verifier"),
                    uint8(_uint("result")),
                    uint8(_uint("testsRun")),
                    uint8(_uint("testsFailed")),
                    uint32(_uint("tokens")),
                    uint32(_uint("logprobDistance")),
                    uint32(_uint("redrawMismatches")),
                    uint64(_uint("decidedAt"))
                )
            );
        }
        return 0;
    }

    function _receipt() private view returns (Receipt memory r) {
        r.jobId = _word("jobId");
        r.attempt = uint32(_uint("attempt"));
        r.client = _address("client");
        r.node = _address("node");
        r.modelId = _word("modelId");
        r.requestHash = _word("requestHash");
        r.responseHash = _word("responseHash");
        r.fingerprintRoot = _word("fingerprintRoot");
        r.firstPosition = uint32(_uint("firstPosition"));
        r.inputTokens = uint32(_uint("inputTokens"));
        r.outputTokens = uint32(_uint("outputTokens"));
        r.amount = uint128(_uint("amount"));
        r.startedAt = uint64(_uint("startedAt"));
        r.finishedAt = uint64(_uint("finishedAt"));
        r.finishReason = uint8(_uint("finishReason"));
        r.previousReceipt = _word("previousReceipt");
    }

    function _word(string memory member) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, string.concat(_row, ".message.", member));
    }

    function _uint(string memory member) private view returns (uint256) {
        return vm.parseJsonUint(_json, string.concat(_row, ".message.", member));
    }

    function _address(string memory member) private view returns (address) {
        return vm.parseJsonAddress(_json, string.concat(_row, ".message.", member));
    }
}
