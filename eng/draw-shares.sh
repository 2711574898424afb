#!/usr/bin/env bash
# Draws docs/images/shares-admitted.svg again, from the simulation of shares. A test compares it with what is committed.
set -euo pipefail
cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")"

dotnet run --project tests/Sluice.Redis.Tests -- shares-chart docs/images/shares-admitted.svg
