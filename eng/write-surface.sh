#!/usr/bin/env bash
# Writes the public surface of every library anew, src/*/PublicApi.txt, which a test compares with the code.
set -euo pipefail

cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")"
SLUICE_WRITE_SURFACE=1 dotnet test tests/Sluice.Surface --configuration Release --nologo
git --no-pager diff --stat -- 'src/*/PublicApi.txt'
