#!/usr/bin/env bash
# Unit, fuzz and invariant tests of the contracts, then the gas snapshot. Arguments go to `forge test` (and skip the snapshot).
# FOUNDRY_PROFILE=deep runs the long fuzz and invariant campaign.
set -euo pipefail
cd "$(dirname "$0")"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --ignore-scripts
fi
if [ $# -gt 0 ]; then
  exec ./tools/forge test "$@"
fi
./tools/forge test
if [ -z "${FOUNDRY_PROFILE:-}" ]; then
  ./tools/forge snapshot --match-contract GasTest --check
fi
