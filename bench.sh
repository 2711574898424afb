#!/usr/bin/env bash
# Builds the benchmarks and runs those of one word; prints a line 'figure NAME VALUE UNIT goal GOAL ok|short' for each figure.
# Usage: ./bench.sh engine|redis|gateway|sdk|change [--quick]
#        ./bench.sh redis shares [--quick]   the figures of shares alone
#        ./bench.sh gateway virtual [--quick]   the figures of virtual servers alone
#        ./bench.sh gateway admin [--quick]   those of metrics, audit and scrapes alone
#        ./bench.sh gateway soak [MINUTES]   mixed load, half an hour when left out: nothing is lost, and memory does not grow
set -euo pipefail

cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")"
dotnet build bench/Sluice.Benchmarks --configuration Release --nologo --verbosity quiet
exec dotnet artifacts/bin/Sluice.Benchmarks/release/Sluice.Benchmarks.dll "$@"
