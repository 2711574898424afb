#!/usr/bin/env bash
# Makes tests/vectors/decisions.json again from the model, then checks that what is built in is the same.
set -euo pipefail
cd "$(dirname "$0")/.."

tests=tests/Sluice.Tests
dotnet build "$tests" -c Release
SLUICE_WRITE_VECTORS="$PWD/tests/vectors/decisions.json" \
  dotnet test "$tests" -c Release --no-build --filter FullyQualifiedName~DecisionVectorFileTests.Make
dotnet build "$tests" -c Release
dotnet test "$tests" -c Release --no-build --filter FullyQualifiedName~DecisionVectorFileTests
