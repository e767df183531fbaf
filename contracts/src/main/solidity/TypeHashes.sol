// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobRequest, KeyGrant, Receipt, Verdict, Voucher} from "./Types.sol";

/// @title EIP-712 struct hashes of docs/protocol.md
/// @dev All members are static, so `abi.encode(TYPEHASH, struct)` is exactly the encoding that EIP-712 asks for.
library TypeHashes {
    bytes32 internal constant JOB_REQUEST = keccak256(
        "JobRequest(address client,bytes32 modelId,bytes32 promptHash,bytes32 samplingHash,uint128 maxPrice,uint32 maxOutputTokens,uint64 nonce,uint64 expiry)"
    );
    bytes32 internal constant KEY_GRANT =
        keccak256("KeyGrant(address client,address key,uint128 spendCap,uint64 expiry,bytes32 scope)");
    bytes32 internal constant RECEIPT = keccak256(
        "Receipt(bytes32 jobId,uint32 attempt,address client,address node,bytes32 modelId,bytes32 requestHash,bytes32 responseHash,bytes32 fingerprintRoot,uint32 firstPosition,uint32 inputTokens,uint32 outputTokens,uint128 amount,uint64 startedAt,uint64 finishedAt,uint8 finishReason,bytes32 previousReceipt)"
    );
    bytes32 internal constant VOUCHER = keccak256(
        "Voucher(address client,address node,uint64 channelEpoch,uint128 cumulativeAmount,uint64 receiptCount,bytes32 receiptsRoot,uint64 validBefore)"
    );
    bytes32 internal constant VERDICT = keccak256(
        "Verdict(bytes32 receiptHash,address node,address verifier,uint8 result,uint8 testsRun,uint8 testsFailed,uint32 tokens,uint32 logprobDistance,uint32 redrawMismatches,uint64 decidedAt)"
    );

    function hash(JobRequest calldata value) internal pure returns (bytes32) {
        return keccak256(abi.encode(JOB_REQUEST, value));
    }

    function hash(KeyGrant calldata value) internal pure returns (bytes32) {
        return keccak256(abi.encode(KEY_GRANT, value));
    }

    function hash(Receipt calldata value) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPT, value));
    }

    /// @dev As the others, without copying word by word: this one runs once per payment. Its seven members lie in a row in calldata. Dirty
    /// upper bits are not cleaned; they give a hash that nobody signed.
    function hash(Voucher calldata value) internal pure returns (bytes32 result) {
        bytes32 typeHash = VOUCHER;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), value, 0xe0)
            result := keccak256(free, 0x100)
        }
    }

    function hash(Verdict calldata value) internal pure returns (bytes32) {
        return keccak256(abi.encode(VERDICT, value));
    }
}
