#!/usr/bin/env bash
# Runs the tests on a machine that is short of CPU: beside processes that never wait. Lists the tests that failed.
set -uo pipefail

cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")" || exit 1

usage() {
  cat <<'TEXT'
Usage: eng/busy.sh [--runs N] [--spinners N] [--nice N] [PROJECT ...]

Runs ./test.sh beside spinning processes, several times, and prints after each run which tests failed.

  PROJECT        passed to ./test.sh: only the test projects whose name contains this text
  --runs N       how often; 5 when left out
  --spinners N   how many processes spin; one for each processor when left out
  --nice N       their niceness, 0 to 19; 10 when left out. With 0 they get as much as the tests
  --help         this text

Exits with 1 when a test failed in any run, and with 2 for a wrong option.
TEXT
}

runs=5
spinners=$(nproc)
nice=10
projects=()
while (($# > 0)); do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --runs | --spinners | --nice)
      if [[ ! ${2:-} =~ ^[0-9]{1,3}$ ]]; then
        echo "busy.sh: $1: '${2:-}' is not a number. Try 'eng/busy.sh --help'." >&2
        exit 2
      fi

      declare "${1#--}=$2"
      shift
      ;;
    -*)
      echo "busy.sh: '$1' is not an option. Try 'eng/busy.sh --help'." >&2
      exit 2
      ;;
    *) projects+=("$1") ;;
  esac
  shift
done

ids=()
cleanup() {
  ((${#ids[@]} == 0)) || kill "${ids[@]}" 2>/dev/null
}
trap cleanup EXIT
trap 'exit 130' INT TERM

for ((spinner = 0; spinner < spinners; spinner++)); do
  nice -n "$nice" bash -c 'while :; do :; done' &
  ids+=("$!")
done

folder=artifacts/busy
rm -rf -- "$folder"
mkdir -p -- "$folder"
code=0
for ((run = 1; run <= runs; run++)); do
  log=$folder/$run.log
  start=$SECONDS
  ./test.sh "${projects[@]}" >"$log" 2>&1 || code=1
  echo "run $run of $runs, $(((SECONDS - start) / 60)) min, load $(cut -d' ' -f1 /proc/loadavg): $(tail -n 1 -- "$log")"
  grep '^failed: ' -- "$log"
done

echo "The whole output is in $folder."
exit "$code"
