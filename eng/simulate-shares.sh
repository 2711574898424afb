#!/usr/bin/env bash
# Simulates the protocol of shares with every fault, RUNS times (a million when left out), and says how far it is. SLUICE_SEED sets
# the first seed; each run has the next one.
# Usage: eng/simulate-shares.sh [RUNS]
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-1000000}
if [[ ! $runs =~ ^[1-9][0-9]{0,8}$ ]]; then
  echo "simulate-shares: '$runs' is not a number of runs. Usage: eng/simulate-shares.sh [RUNS]" >&2
  exit 2
fi

progress=$(mktemp)
dotnet build tests/Sluice.Redis.Tests -c Release
tail -n +1 -f "$progress" &
tail=$!
trap 'kill "$tail"; rm -f "$progress"' EXIT
SLUICE_SHARES_RUNS=$runs SLUICE_PROGRESS="$progress" \
  dotnet test tests/Sluice.Redis.Tests -c Release --no-build --filter FullyQualifiedName~Run_AllFaults
