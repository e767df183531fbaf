// Writes the golden vectors of docs/protocol.md with viem's general EIP-712 encoder, which shares no code with ours.
// usage: node tools/vectors.mjs   (from contracts/; deterministic, so a second run changes nothing)
import { mkdirSync, writeFileSync } from "node:fs";
import { concat, hashDomain, hashStruct, hashTypedData, keccak256, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";

const target = new URL("../../core/src/test/resources/vectors/", import.meta.url);
const types = {
  JobRequest:
    "address client,bytes32 modelId,bytes32 promptHash,bytes32 samplingHash,uint128 maxPrice,uint32 maxOutputTokens,uint64 nonce,uint64 expiry",
  KeyGrant: "address client,address key,uint128 spendCap,uint64 expiry,bytes32 scope",
  Offer: "address node,bytes32 modelId,uint128 inputPrice,uint128 outputPrice,uint32 slots,uint64 validUntil",
  Session: "address node,bytes32 challenge,string worker",
  Receipt:
    "bytes32 jobId,uint32 attempt,address client,address node,bytes32 modelId,bytes32 requestHash,bytes32 responseHash,bytes32 fingerprintRoot,uint32 firstPosition,uint32 inputTokens,uint32 outputTokens,uint128 amount,uint64 startedAt,uint64 finishedAt,uint8 finishReason,bytes32 previousReceipt",
  Voucher:
    "address client,address node,uint64 channelEpoch,uint128 cumulativeAmount,uint64 receiptCount,bytes32 receiptsRoot,uint64 validBefore",
  ScoreReport: "bytes32 receiptHash,address verifier,bytes32 scoresHash,uint64 scoredAt",
  Verdict:
    "bytes32 receiptHash,address node,address verifier,uint8 result,uint8 testsRun,uint8 testsFailed,uint32 tokens,uint32 logprobDistance,uint32 redrawMismatches,uint64 decidedAt",
  CreateApiKey: "address client,string label,uint128 spendCap,uint64 expiry,uint64 nonce,uint64 validBefore",
  RevokeApiKey: "address client,bytes32 keyId,uint64 nonce,uint64 validBefore",
  ReadAccount: "address client,uint64 validBefore",
  Sampling: "uint64 seed,uint32 temperatureMicros,uint32 topPMicros,uint32 topK,bytes32 stopHash",
  ModelManifest:
    "string name,bytes32 weightsDigest,bytes32 tokenizerDigest,bytes32 chatTemplateDigest,string precision,uint32 contextLength,uint32 maxOutputTokens,string assuranceClass",
};
const largestCode = { finishReason: 4, result: 3, testsRun: 15, testsFailed: 15 };
const domain = {
  name: "DGrid",
  version: "1",
  chainId: 31337,
  verifyingContract: "0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0",
};
const domainTypes = {
  EIP712Domain: [
    { name: "name", type: "string" },
    { name: "version", type: "string" },
    { name: "chainId", type: "uint256" },
    { name: "verifyingContract", type: "address" },
  ],
};
const privateKey = keccak256(toHex("dgrid golden vectors"));
const account = privateKeyToAccount(privateKey);

// Two rows per message: ordinary values, and the largest ones that the types hold.
const rows = [];
for (const [primaryType, members] of Object.entries(types)) {
  const fields = members.split(",").map((member) => {
    const [type, name] = member.split(" ");
    return { name, type };
  });
  for (const largest of [false, true]) {
    const message = Object.fromEntries(fields.map((field) => [field.name, value(primaryType, field, largest)]));
    const typed = { domain, types: { [primaryType]: fields }, primaryType, message };
    rows.push({
      type: primaryType,
      message,
      structHash: hashStruct({ data: message, primaryType, types: { [primaryType]: fields } }),
      digest: hashTypedData(typed),
      signature: await account.signTypedData(typed),
    });
  }
}
write("eip712.json", {
  domain: { chainId: domain.chainId, settlement: domain.verifyingContract },
  domainSeparator: hashDomain({ domain, types: domainTypes }),
  privateKey,
  signer: account.address.toLowerCase(),
  rows,
});

const trees = [1, 2, 3, 5, 8, 13].map((count) => {
  const receiptHashes = Array.from({ length: count }, (_, i) => keccak256(toHex(`receipt ${i}`)));
  let level = receiptHashes.map((hash) => keccak256(concat(["0x00", hash])));
  const proofs = receiptHashes.map(() => []);
  const positions = receiptHashes.map((_, i) => i);
  while (level.length > 1) {
    positions.forEach((position, leaf) => {
      const sibling = level[position ^ 1];
      if (sibling !== undefined) proofs[leaf].push(sibling);
      positions[leaf] = position >> 1;
    });
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) =>
      level[2 * i + 1] === undefined ? level[2 * i] : keccak256(concat([level[2 * i], level[2 * i + 1]].sort())),
    );
  }
  return { receiptHashes, root: level[0], proofs };
});
write("merkle.json", { trees });

function value(primaryType, { name, type }, largest) {
  if (type === "string") return largest ? "Größe ✓ " + name : name;
  if (type === "address") return largest ? "0x" + "ff".repeat(20) : keccak256(toHex(name)).slice(0, 42);
  if (type === "bytes32") return largest ? "0x" + "ff".repeat(32) : keccak256(toHex(`${primaryType} ${name}`));
  if (type === "uint8") return String(largest ? largestCode[name] : 1);
  const bits = BigInt(type.slice(4));
  // Counts are held in signed 32 bits everywhere; all other numbers use their whole range.
  const limit = 1n << (type === "uint32" ? 31n : bits);
  // Decimal strings: these do not fit JSON numbers.
  return String(largest ? limit - 1n : BigInt(keccak256(toHex(name))) % (limit >> 1n));
}

function write(file, content) {
  mkdirSync(target, { recursive: true });
  writeFileSync(new URL(file, target), JSON.stringify(content, null, 1) + "\n");
}
