#!/usr/bin/env bash
# Installs what the tests need, builds with warnings as errors, and runs every test. The last line is the counts.
set -euo pipefail

root=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
results=$root/artifacts/test-results

usage() {
  cat <<'USAGE'
./test.sh [NAME...] [--filter EXPRESSION]

Runs all tests, or those of the test projects whose name contains one of the NAMEs.
  --filter EXPRESSION   only the tests that match, in the syntax of 'dotnet test --filter'
  --no-install          do not look whether the tools that the tests need are installed

Example: ./test.sh Sluice.Mcp --filter FullyQualifiedName~Batch

The last line is 'N passed, N failed' (and ', N skipped' if there were any). The exit code is 0 only if every
project ran at least one test and none failed. Details: artifacts/test-results.
USAGE
}

names=()
filter=''
install=true
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage && exit 0 ;;
    --filter)
      [[ $# -ge 2 ]] || { echo "--filter needs an expression." >&2 && exit 2; }
      filter=$2
      shift
      ;;
    --no-install) install=false ;;
    -*) echo "Unknown option '$1'. ./test.sh --help lists those there are." >&2 && exit 2 ;;
    *) names+=("$1") ;;
  esac
  shift
done

# Whatever happens below, the last line is the counts, and until tests have been counted they are these.
last_line='0 passed, 1 failed'
trap 'echo "$last_line"' EXIT

# The test projects that the names select, one path a line.
test_projects() {
  local project name
  for project in tests/*/*.csproj; do
    grep -q '<IsTestProject>false' "$project" && continue
    [[ ${#names[@]} -eq 0 ]] && echo "$project" && continue
    for name in "${names[@]}"; do
      [[ $(basename "$project" .csproj) == *"$name"* ]] && echo "$project" && break
    done
  done
}

# The whole solution at once, or each selected project with what it needs.
build() {
  local target targets=(Sluice.slnx)
  [[ ${#names[@]} -gt 0 ]] && targets=("$@")
  for target in "${targets[@]}"; do
    echo "Building $target …"
    dotnet build "$target" -c Release --nologo -v quiet -nodeReuse:false -p:UseSharedCompilation=false \
      -warnaserror </dev/null || return 1
  done
}

# run_project PROJECT: runs its tests; prints nothing, since the report is made from the results.
run_project() {
  local name=$1 arguments=()
  [[ -n $filter ]] && arguments+=(--filter "$filter")
  dotnet test "tests/$name/$name.csproj" -c Release --no-build --nologo "${arguments[@]}" \
    --results-directory "$results/$name" --logger "trx;LogFileName=$name.trx" \
    --blame-hang-timeout 10m --blame-hang-dump-type none \
    >"$results/$name.log" 2>&1 </dev/null
}

cd -- "$root"
# shellcheck source=eng/require-dotnet.sh
source eng/require-dotnet.sh
require_dotnet "$root"
[[ $install == false ]] || eng/install-test-tools.sh

mapfile -t projects < <(test_projects)
if [[ ${#projects[@]} -eq 0 ]]; then
  echo "No test project is named like: ${names[*]-}" >&2
  exit 1
fi

build "${projects[@]}"

rm -rf -- "$results"
mkdir -p -- "$results"
outcomes=()
for project in "${projects[@]}"; do
  name=$(basename "$project" .csproj)
  echo "Testing $name …"
  status=0
  run_project "$name" || status=$?
  outcomes+=("$name=$status")
done

status=0
node eng/report-tests.mjs "$results" ${filter:+--filtered} "${outcomes[@]}" || status=$?
[[ -s $results/counts.txt ]] && last_line=$(<"$results/counts.txt")
exit "$status"
