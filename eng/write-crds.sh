#!/usr/bin/env bash
# Writes deploy/crds from the tables by which resources are read.
set -euo pipefail

cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")"

usage() {
  cat <<'TEXT'
Usage: eng/write-crds.sh [--check]

  --check   write nothing, and exit with 1 when a file differs from what would be written
  --help    this text
TEXT
}

target=deploy/crds
case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
  --check)
    target=$(mktemp -d)
    trap 'rm -rf -- "$target"' EXIT
    ;;
  '') rm -rf -- "$target" ;;
  *)
    usage >&2
    exit 2
    ;;
esac

mkdir -p -- "$target"
dotnet run --project src/Sluice.Gateway --configuration Release -- schema --kubernetes >"$target/all"
# A file for each definition, by the name of its resources.
awk -v folder="$target" '
  /^---$/ { text = ""; name = ""; next }
  { text = text $0 "\n" }
  /^  name: / && name == "" { name = $2; sub(/\..*/, "", name); printf "%s", text > (folder "/" name ".yaml"); next }
  name != "" { printf "%s\n", $0 >> (folder "/" name ".yaml") }' "$target/all"
rm -- "$target/all"
[[ $target == deploy/crds ]] || diff -r -- deploy/crds "$target"
