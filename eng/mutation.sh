#!/usr/bin/env bash
# Breaks the engine in hundreds of ways, and says which of them no test notices. It takes about an hour on one core.
# Usage: eng/mutation.sh [GLOB ...]   the files to break, below src/Sluice; by default algorithms, policies, rates and the store
set -euo pipefail
cd "$(dirname "$0")/.."

globs=("$@")
((${#globs[@]} > 0)) || globs=('Algorithms/*.cs' 'Policies/*.cs' 'Rates/*.cs' 'InProcess/*.cs')
mutate=()
for glob in "${globs[@]}"; do
  mutate+=(--mutate "**/$glob")
done

dotnet tool restore
# A mutation that a history can notice, it notices soon; each of them is tried with every test that reaches it, but for those
# of interleavings and envelopes, which take longest and look for what no change of one line makes (stryker-config.json).
cd tests/Sluice.Tests
SLUICE_HISTORIES=${SLUICE_HISTORIES:-400} dotnet stryker --project Sluice.csproj "${mutate[@]}" \
  --concurrency "${SLUICE_CONCURRENCY:-1}" --reporter cleartext --reporter json --output ../../artifacts/mutation
