#!/usr/bin/env bash
# Compiles the contracts and refreshes the committed artifacts (ABI, BIN, checksums). Needs Node; Maven does not.
# --check: change nothing, fail when the committed artifacts differ from what the sources give.
set -euo pipefail
cd "$(dirname "$0")"
out=artifacts
if [ "${1:-}" = "--check" ]; then
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
fi
# The lock file npm leaves behind tells what is really installed.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --ignore-scripts
fi
rm -rf out cache
FOUNDRY_PROFILE=artifacts ./tools/forge build src/main/solidity
node tools/artifacts.mjs out "$out"
if [ "$out" != artifacts ]; then
  diff -r artifacts "$out" || { echo "contracts/artifacts differ from the sources: run contracts/build.sh" >&2; exit 1; }
  echo "artifacts match the sources"
fi
