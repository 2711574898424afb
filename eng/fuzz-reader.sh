#!/usr/bin/env bash
# Feeds the reader of MCP messages mutated ones and holds it against other parsers, for SECONDS (an hour when left out), and says how
# far it is. SLUICE_SEED repeats a run.
# Usage: eng/fuzz-reader.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-3600}
if [[ ! $seconds =~ ^[0-9]{1,7}$ ]]; then
  echo "fuzz-reader: '$seconds' is not a number of seconds. Usage: eng/fuzz-reader.sh [SECONDS]" >&2
  exit 2
fi

progress=$(mktemp)
dotnet build tests/Sluice.Mcp.Tests -c Release
tail -n +1 -f "$progress" &
tail=$!
trap 'kill "$tail"; rm -f "$progress"' EXIT
SLUICE_FUZZ_SECONDS=$seconds SLUICE_PROGRESS="$progress" \
  dotnet test tests/Sluice.Mcp.Tests -c Release --no-build --filter FullyQualifiedName~McpReaderFuzzTests
