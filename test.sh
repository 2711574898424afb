#!/usr/bin/env bash
# Installs what the tests need, builds everything, runs every test, and prints the counts as its last line.
set -uo pipefail

cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" || exit 1

usage() {
  cat <<'TEXT'
Usage: ./test.sh [--all] [--jobs N] [PROJECT ...]

Installs what the tests need, builds with warnings as errors, runs every test, and prints as its last line
'N passed, N failed', with ', N skipped' behind it where tests were skipped. Exits with 1 on any failure.
The output of a project is printed when the project has ended.

  PROJECT    run only the test projects whose name contains this text, such as Sluice.Mcp
  --all      run the tests of the night too (those with the trait 'Run=Nightly'), as eng/nightly.sh does
  --jobs N   how many projects run at the same time, 1 to 9; when left out, 2 with four processors or more, else 1.
             The tests of Kubernetes, which wait for nine tenths of their time, run beside these
  --help     this text
TEXT
}

fail() {
  echo "test.sh: $1" >&2
  echo "0 passed, 1 failed"
  exit 1
}

jobs=$(( $(nproc) >= 4 ? 2 : 1 ))
wanted=()
filter=(--filter 'Run!=Nightly')
while (($# > 0)); do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --all) filter=() ;;
    --jobs)
      [[ ${2:-} =~ ^[1-9]$ ]] || fail "--jobs: '${2:-}' is not a number from 1 to 9."
      jobs=$2
      shift
      ;;
    -*) fail "'$1' is not an option. Try './test.sh --help'." ;;
    *) wanted+=("$1") ;;
  esac
  shift
done

# is_wanted NAME: whether the name contains one of the texts, or there are none.
is_wanted() {
  local text
  ((${#wanted[@]} > 0)) || return 0
  for text in "${wanted[@]}"; do
    [[ $1 == *"$text"* ]] && return 0
  done

  return 1
}

# time_since SECONDS: minutes and seconds since then.
time_since() {
  printf '%d:%02d' $(((SECONDS - $1) / 60)) $(((SECONDS - $1) % 60))
}

command -v dotnet >/dev/null || fail "needs the .NET 10 SDK, and finds no 'dotnet' on the PATH."
command -v node >/dev/null || fail "needs Node 20 or newer, and finds no 'node' on the PATH."

export DOTNET_TieredPGO=0 # Hundreds of programs run for a second or two: to profile their code costs more than it saves.

results=artifacts/test-results
rm -rf -- "$results"
mkdir -p -- "$results"

declare -A names=() # Of the projects that run, by the id of the process.
declare -A starts=()
codes=()
installer=

# A background process of a script ignores Ctrl-C, so the script ends those that it has started.
stop() {
  ((${#names[@]} == 0)) || kill "${!names[@]}" 2>/dev/null
  [[ -z $installer ]] || kill "$installer" 2>/dev/null
  exit 130
}
trap stop INT TERM

# The tools are downloaded and unpacked while the compiler works.
begin=$SECONDS
eng/install-test-tools.sh >"$results/install.log" 2>&1 </dev/null &
installer=$!
dotnet build Sluice.slnx --configuration Release --nologo --verbosity minimal -p:UseSharedCompilation=true
built=$?
dotnet build-server shutdown --vbcscompiler >/dev/null # One compiler for all projects halves the time, and need not stay.
wait "$installer"
installed=$?
installer=
cat -- "$results/install.log"
((installed == 0)) || fail "the tools that the tests need could not be installed."
((built == 0)) || fail "the build failed."
echo "== build and tools, $(time_since "$begin")"

# wait_for_one: waits until a project ends, and prints its output.
wait_for_one() {
  local id code=0
  wait -n -p id "${!names[@]}" || code=$?
  local name=${names[$id]}
  unset "names[$id]"
  codes+=("$name=$code")
  echo "== $name, $(time_since "${starts[$name]}")"
  cat -- "$results/$name.log"
}

# The project that runs beside the others, since it leaves them the processors.
beside=Sluice.Kubernetes.Tests

# is_full: whether as many projects run as may.
is_full() {
  local most=$jobs
  [[ " ${names[*]} " != *" $beside "* ]] || most=$((jobs + 1))
  ((${#names[@]} >= most))
}

# run_tests NAME PROJECT: runs a project's tests as soon as there is room, and keeps their results under the name.
run_tests() {
  local name=$1 project=$2
  while is_full; do
    wait_for_one
  done

  starts[$name]=$SECONDS
  dotnet test "artifacts/bin/$project/release/$project.dll" --nologo --results-directory "$results" "${filter[@]}" \
    --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" >"$results/$name.log" 2>&1 </dev/null &
  names[$!]=$name
}

# The longest ones first, so that no processor waits at the end.
longest=("$beside" Sluice.Redis.Tests Sluice.EndToEnd Sluice.Gateway.Tests Sluice.Tests)
projects=()
for project in "${longest[@]/%//}" tests/*/*.csproj; do
  name=$(basename -- "$project" .csproj)
  [[ -f tests/$name/$name.csproj && " ${projects[*]} " != *" $name "* ]] || continue
  grep -q '<IsTestProject>false</IsTestProject>' "tests/$name/$name.csproj" || projects+=("$name")
done

for name in "${projects[@]}"; do
  if is_wanted "$name"; then
    run_tests "$name" "$name"
  fi
done

# Debian 12 has Redis 7.0; the store's tests run with Valkey too where it is installed.
if is_wanted Sluice.Redis.Tests.Valkey && command -v valkey-server >/dev/null; then
  SLUICE_REDIS_SERVER=valkey-server run_tests Sluice.Redis.Tests.Valkey Sluice.Redis.Tests
fi

while ((${#names[@]} > 0)); do
  wait_for_one
done

if is_wanted Sluice.Kubernetes.Tests && ! eng/api-server.sh --path >/dev/null; then
  echo "test.sh: there is no API server, so the tests of Kubernetes with a real one are skipped. eng/api-server.sh builds it."
fi

if ! command -v valkey-server >/dev/null; then
  echo "test.sh: valkey-server is not installed, so the store's tests with it are skipped. eng/redis-family.sh downloads it."
fi

node eng/count-tests.mjs "$results" "${codes[@]}"
