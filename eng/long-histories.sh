#!/usr/bin/env bash
# Plays ten million random histories on the in-process store against the model, and says how far it is. SLUICE_SEED repeats a run.
set -euo pipefail
cd "$(dirname "$0")/.."

progress=$(mktemp)
dotnet build tests/Sluice.Tests -c Release
tail -n +1 -f "$progress" &
tail=$!
trap 'kill "$tail"; rm -f "$progress"' EXIT
SLUICE_LONG=1 SLUICE_PROGRESS="$progress" \
  dotnet test tests/Sluice.Tests -c Release --no-build --filter FullyQualifiedName~InProcessHistoryTests
