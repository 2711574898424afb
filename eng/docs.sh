#!/usr/bin/env bash
# Builds the documentation as a site into artifacts/docs: the pages of the repository, and the reference of the public API.
# Checks the links, anchors and code blocks of the pages first. A warning is an error.
# Usage: eng/docs.sh [--site]
#   --site   only build the site: do not run the tests of the pages
# To read it: python3 -m http.server --bind 127.0.0.1 --directory artifacts/docs 8000
set -euo pipefail
cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")"

case ${1-} in
  --site) tests=false ;;
  "") tests=true ;;
  *)
    sed -n '2,6s/^# //p' "$0" >&2
    exit 2
    ;;
esac

if $tests; then
  dotnet test tests/Sluice.EndToEnd --nologo --filter "FullyQualifiedName~DocumentationTests|FullyQualifiedName~CodeBlockTests"
fi

dotnet tool restore
rm -rf artifacts/docs artifacts/docs-pages
node eng/docs/stage.mjs artifacts/docs-pages
dotnet restore src/Sluice.AspNetCore --verbosity quiet
dotnet restore src/Sluice.ModelContextProtocol --verbosity quiet
dotnet docfx metadata artifacts/docs-pages/docfx.json --warningsAsErrors
dotnet docfx build artifacts/docs-pages/docfx.json --warningsAsErrors
echo "artifacts/docs has $(find artifacts/docs -name '*.html' | wc -l) pages."
