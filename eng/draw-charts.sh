#!/usr/bin/env bash
# Draws the charts of docs/concepts again, from the engine itself. A test compares them with what is committed.
set -euo pipefail
cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")"

dotnet run --project eng/Sluice.Charts --configuration Release -- docs/concepts/charts
