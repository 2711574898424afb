#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs every test, and prints the counts as its last line.
set -uo pipefail

cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" || exit 1

usage() {
  cat <<'TEXT'
Usage: ./test.sh [PROJECT ...]

Installs what the tests need, builds with warnings as errors, runs every test, and prints as its last line
'N passed, N failed', with ', N skipped' behind it where tests were skipped. Exits with 1 on any failure.

  PROJECT   run only the test projects whose name contains this text, such as Sluice.Mcp
  --help    this text
TEXT
}

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  usage
  exit 0
fi

fail() {
  echo "test.sh: $1" >&2
  echo "0 passed, 1 failed"
  exit 1
}

# is_wanted NAME PROJECT...: whether the name contains one of the texts, or there are none.
is_wanted() {
  local name=$1 text
  shift
  (($# > 0)) || return 0
  for text in "$@"; do
    [[ $name == *"$text"* ]] && return 0
  done

  return 1
}

command -v dotnet >/dev/null || fail "needs the .NET 10 SDK, and finds no 'dotnet' on the PATH."
command -v node >/dev/null || fail "needs Node 20 or newer, and finds no 'node' on the PATH."

eng/install-test-tools.sh || fail "the tools that the tests need could not be installed."
dotnet build Sluice.slnx --configuration Release --nologo --verbosity minimal || fail "the build failed."

results=artifacts/test-results
rm -rf -- "$results"
mkdir -p -- "$results"
codes=()

# run_tests NAME PROJECT: runs a project's tests, and keeps their results under the name.
run_tests() {
  local name=$1 project=$2 code=0
  echo "== $name"
  dotnet test "$project" --configuration Release --no-build --nologo \
    --results-directory "$results" --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" </dev/null || code=$?
  codes+=("$name=$code")
}

for project in tests/*/*.csproj; do
  name=$(basename -- "$project" .csproj)
  if grep -q '<IsTestProject>false</IsTestProject>' "$project"; then
    continue
  fi

  is_wanted "$name" "$@" || continue
  run_tests "$name" "$project"
done

if is_wanted Sluice.Kubernetes.Tests "$@" && ! eng/api-server.sh --path >/dev/null; then
  echo "test.sh: there is no API server, so the tests of Kubernetes with a real one are skipped. eng/api-server.sh builds it."
fi

# Debian 12 has Redis 7.0; the store's tests run with Valkey too where it is installed.
if ! command -v valkey-server >/dev/null; then
  echo "test.sh: valkey-server is not installed, so the store's tests with it are skipped. eng/redis-family.sh downloads it."
elif is_wanted Sluice.Redis.Tests.Valkey "$@"; then
  SLUICE_REDIS_SERVER=valkey-server run_tests Sluice.Redis.Tests.Valkey tests/Sluice.Redis.Tests/Sluice.Redis.Tests.csproj
fi

node eng/count-tests.mjs "$results" "${codes[@]}"
