#!/usr/bin/env bash
# Writes the public members of every library to src/*/PublicAPI.Unshipped.txt. The build fails where the file and the code differ.
# Usage: eng/write-public-api.sh [PROJECT ...]   such as Sluice.Mcp; all projects by default
set -euo pipefail
cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")"

projects=("$@")
((${#projects[@]} > 0)) || projects=(src/*/)
for project in "${projects[@]}"; do
  name=$(basename -- "$project")
  dotnet format analyzers "src/$name/$name.csproj" --diagnostics RS0016 RS0017 --severity warn
done

git --no-pager diff --stat -- 'src/*/PublicAPI.Unshipped.txt'
