#!/usr/bin/env bash
# Runs everything that takes longer than a test may, one part after another, and prints a table.
set -uo pipefail

cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")" || exit 1

# Each part: its name, the command, and what it does. docs/testing.md says how long each takes.
parts=(
  "suite|./test.sh --all|every test, those of the night too"
  "replay|SLUICE_REPLAY_CALLS=1000000 dotnet test tests/Sluice.Gateway.Tests -c Release --filter FullyQualifiedName~Replay_OfALiveRun|a million recorded calls, decided again"
  "reloads|SLUICE_RELOAD_SECONDS=60 dotnet test tests/Sluice.Gateway.Tests -c Release --filter FullyQualifiedName~ReloadStormTests|a minute of reloads under load"
  "slots|SLUICE_SLOT_CALLS=1000000 dotnet test tests/Sluice.Gateway.Tests -c Release --filter FullyQualifiedName~SlotStorm|a million calls that hold slots and end in every way"
  "shares|SLUICE_SHARES_RUNS=1000000 dotnet test tests/Sluice.Redis.Tests -c Release --filter FullyQualifiedName~Run_AllFaults|a million simulated runs of shares"
  "polls|SLUICE_LONG_RUNS=1 dotnet test tests/Sluice.Redis.Tests -c Release --filter FullyQualifiedName~EnvelopeTests|callers who ask half a million times over Redis, 8 to 40 times as often as in the suite"
  "histories|eng/long-histories.sh|ten million random histories against the model"
  "fuzz|eng/fuzz-reader.sh|an hour of mutated messages for the reader of MCP"
  "family|eng/redis-family.sh|the store's tests with other servers of the Redis family"
  "mutation|eng/mutation.sh|the engine broken in hundreds of ways"
  "soak|./bench.sh gateway soak|half an hour of mixed load: nothing is lost, and memory does not grow"
  "busy|eng/busy.sh|the tests five times beside processes that spin"
)

usage() {
  cat <<'TEXT'
Usage: eng/nightly.sh [--list] [PART ...]

  PART     run only these parts, in the order of the list; all of them when none is named
  --list   print the parts, and run nothing
  --help   this text

The output of each part goes to artifacts/nightly/PART.log. Prints a line when a part begins and one when it ends, and a table at the end.
Exits with 1 when a part failed, and with 2 for a wrong option.
TEXT
}

# field PART NUMBER: the name (1), the command (2) or the description (3).
field() {
  cut -d'|' -f"$2" <<<"$1"
}

wanted=()
while (($# > 0)); do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --list)
      for part in "${parts[@]}"; do
        printf '%-10s %s\n' "$(field "$part" 1)" "$(field "$part" 3)"
      done

      exit 0
      ;;
    -*)
      echo "nightly.sh: '$1' is not an option. Try 'eng/nightly.sh --help'." >&2
      exit 2
      ;;
    *)
      if ! printf '%s\n' "${parts[@]}" | cut -d'|' -f1 | grep -qxF -- "$1"; then
        echo "nightly.sh: '$1' is not a part. Try 'eng/nightly.sh --list'." >&2
        exit 2
      fi

      wanted+=("$1")
      ;;
  esac
  shift
done

chosen=()
for part in "${parts[@]}"; do
  if ((${#wanted[@]} == 0)) || [[ " ${wanted[*]} " == *" $(field "$part" 1) "* ]]; then
    chosen+=("$part")
  fi
done

trap 'exit 130' INT TERM
folder=artifacts/nightly
mkdir -p -- "$folder"
code=0
table='| part | result | minutes |
| --- | --- | --- |'
for at in "${!chosen[@]}"; do
  name=$(field "${chosen[at]}" 1)
  command=$(field "${chosen[at]}" 2)
  start=$SECONDS
  echo "[$((at + 1))/${#chosen[@]}] $(date +%H:%M) $name: $command"
  result=passed
  if ! bash -c "$command" >"$folder/$name.log" 2>&1 </dev/null; then
    result=failed
    code=1
  fi

  echo "[$((at + 1))/${#chosen[@]}] $(date +%H:%M) $name: $result; the output is in $folder/$name.log"
  table+=$'\n'"| $name | $result | $(((SECONDS - start + 30) / 60)) |"
done

echo "$table"
exit "$code"
