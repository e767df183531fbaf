#!/usr/bin/env bash
# Unit, fuzz and invariant tests of the contracts, and the gas snapshots (.gas-snapshot, and snapshots/gas.json with what one operation costs).
# Arguments go to `forge test` alone. After an intended change of gas: ./tools/forge snapshot --match-contract GasTest
# FOUNDRY_PROFILE=deep runs the long fuzz and invariant campaign.
set -euo pipefail
cd "$(dirname "$0")"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --ignore-scripts
fi
if [ $# -gt 0 ]; then
  exec ./tools/forge test "$@"
fi
# What is tested is the committed bytecode; it must be what the sources give.
./build.sh --check
if [ -z "${FOUNDRY_PROFILE:-}" ]; then
  FORGE_SNAPSHOT_CHECK=true ./tools/forge test
  ./tools/forge snapshot --match-contract GasTest --check
else
  ./tools/forge test
fi
