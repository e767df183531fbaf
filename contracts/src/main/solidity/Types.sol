// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// The signed messages of docs/protocol.md that the chain reads. Times are Unix milliseconds, amounts the token's smallest unit.

struct JobRequest {
    address client;
    bytes32 modelId;
    bytes32 promptHash;
    bytes32 samplingHash;
    uint128 maxPrice;
    uint32 maxOutputTokens;
    uint64 nonce;
    uint64 expiry;
}

struct KeyGrant {
    address client;
    address key;
    uint128 spendCap;
    uint64 expiry;
    bytes32 scope;
}

struct Receipt {
    bytes32 jobId;
    uint32 attempt;
    address client;
    address node;
    bytes32 modelId;
    bytes32 requestHash;
    bytes32 responseHash;
    bytes32 fingerprintRoot;
    uint32 firstPosition;
    uint32 inputTokens;
    uint32 outputTokens;
    uint128 amount;
    uint64 startedAt;
    uint64 finishedAt;
    uint8 finishReason;
    bytes32 previousReceipt;
}

struct Voucher {
    address client;
    address node;
    uint64 channelEpoch;
    uint128 cumulativeAmount;
    uint64 receiptCount;
    bytes32 receiptsRoot;
    uint64 validBefore;
}

struct Verdict {
    bytes32 receiptHash;
    address node;
    address verifier;
    uint8 result;
    uint8 testsRun;
    uint8 testsFailed;
    uint32 tokens;
    uint32 logprobDistance;
    uint32 redrawMismatches;
    uint64 decidedAt;
}

/// A voucher and its signature. Three fixed words instead of `bytes`: no length to check, less calldata.
struct VoucherItem {
    Voucher voucher;
    bytes32 r;
    bytes32 s;
    uint8 v;
}

/// What the settler states about a closed batch. Leaves are `keccak256(0x00 ‖ receiptHash)`.
struct BatchHeader {
    bytes32 receiptsRoot;
    bytes32 dataCommitment;
    uint32 receiptCount;
}

/// What the chain keeps of a settled batch. `settledAt` is in Unix seconds; `number` counts from 1.
struct Batch {
    bytes32 dataCommitment;
    uint64 number;
    uint64 settledAt;
    uint32 receiptCount;
}

/// Why a voucher of a batch was not paid. The numbers are part of the event's meaning: append only.
enum SkipReason {
    None,
    InvalidParty,
    Expired,
    Stale,
    BadSignature,
    UnknownSigner,
    GrantExpired,
    GrantScoped,
    GrantExhausted,
    NoFunds
}

enum GrantState {
    None,
    Active,
    Revoked
}
