#!/usr/bin/env bash
# Makes the files in tests/vectors again from the model, then checks that what is built in is the same.
set -euo pipefail
cd "$(dirname "$0")/.."

tests=tests/Sluice.Tests
dotnet build "$tests" -c Release
SLUICE_WRITE_VECTORS="$PWD/tests/vectors/decisions.json" \
  dotnet test "$tests" -c Release --no-build --filter FullyQualifiedName~DecisionVectorFileTests.Make
SLUICE_WRITE_CALLER_VECTORS="$PWD/tests/vectors/callers.json" \
  dotnet test "$tests" -c Release --no-build --filter FullyQualifiedName~CallerVectorFileTests.Make
dotnet build "$tests" -c Release
dotnet test "$tests" -c Release --no-build --filter FullyQualifiedName~VectorFileTests
