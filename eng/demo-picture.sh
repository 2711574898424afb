#!/usr/bin/env bash
# Makes docs/images/demo.svg, the picture of the demo in a terminal: runs the demo and the commands of its guide, and draws what it printed.
# Ports, times and the rest of a wait differ in each run, and are replaced by fixed ones.
# Usage: eng/demo-picture.sh [--check]
#   --check   draw nothing: exit with 1 if the picture differs from what the demo prints now
set -euo pipefail
cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")"

picture=docs/images/demo.svg
folder=$(mktemp -d)
demo=
stop() {
  [[ -z $demo ]] || kill -- "$demo" 2>/dev/null || true
  rm -rf -- "$folder"
}
trap stop EXIT

wait_for() { # wait_for PATTERN COUNT: until as many lines of the output match
  until (($(grep -c "$1" "$folder/output") >= $2)); do
    kill -0 "$demo"
    sleep 0.2
  done
}

./sluice demo --port 0 >"$folder/output" &
demo=$!
wait_for '^time ' 1
sed -n '/^  search() {$/,/^  }$/p; /^  for i in /p; /^  search bob /p' "$folder/output" >"$folder/commands"
bash "$folder/commands" >/dev/null
wait_for '^[0-9:]\{8\}  ' 5

node eng/docs/terminal.mjs './sluice demo' <"$folder/output" >"$folder/demo.svg"
if [[ ${1-} == --check ]]; then
  diff -u "$picture" "$folder/demo.svg" || { echo "$picture is not what the demo prints now. Run eng/demo-picture.sh." >&2; exit 1; }
else
  mv -- "$folder/demo.svg" "$picture"
  chmod 644 "$picture"
fi

echo "$picture has $(stat -c %s "$picture") bytes."
