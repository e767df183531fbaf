// usage: node artifacts.mjs <forge out> <target>: writes NAME.abi and NAME.bin per contract and checksums.sha256 over all of them.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [from, to] = process.argv.slice(2);
const sums = [];
mkdirSync(to, { recursive: true });
for (const name of ["DGridToken", "Escrow", "NodeRegistry", "Settlement"]) {
  const { abi, bytecode } = JSON.parse(readFileSync(join(from, `${name}.sol`, `${name}.json`), "utf8"));
  write(`${name}.abi`, JSON.stringify(abi, null, 1) + "\n");
  write(`${name}.bin`, bytecode.object.replace(/^0x/, ""));
}
writeFileSync(join(to, "checksums.sha256"), sums.join(""));

function write(file, text) {
  writeFileSync(join(to, file), text);
  sums.push(`${createHash("sha256").update(text).digest("hex")}  ${file}\n`);
}
