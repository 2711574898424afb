#!/usr/bin/env bash
# Makes the picture of the dashboard that the README shows: starts the demo, calls it for five minutes, and takes the picture in Chromium.
# It needs what eng/install-test-tools.sh installs.
set -euo pipefail
cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")"

output=$(mktemp)
./sluice demo --port 0 >"$output" &
demo=$!
trap 'kill -- "$demo"; rm -f -- "$output"' EXIT
until grep -q '^time ' "$output"; do
  kill -0 "$demo"
  sleep 0.2
done

dashboard=$(sed -n 's/^Dashboard: //p' "$output")
gateway=$(sed -n 's/^ *gateway *\(http[^ ]*\).*/\1/p' "$output")
mkdir -p docs/images
node tests/Sluice.EndToEnd/node/dashboard-picture.mjs "$dashboard" "$gateway" docs/images/dashboard.png
size=$(stat -c %s docs/images/dashboard.png)
echo "docs/images/dashboard.png has $size bytes."
((size < 300 * 1024))
