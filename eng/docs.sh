#!/usr/bin/env bash
# Builds the documentation as a site into artifacts/docs: the pages of the repository, and the reference of the public API.
# A warning is an error.
set -euo pipefail

cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")"

usage() {
  cat <<'TEXT'
Usage: eng/docs.sh [--site]

Checks the links, anchors and code blocks of the pages, and builds the site into artifacts/docs. Exits with 1 on any warning. It writes only
below artifacts. To read the site: python3 -m http.server --bind 127.0.0.1 --directory artifacts/docs 8000

  --site    only build the site, without the tests of the pages
  --help    this text
TEXT
}

tests=true
case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
  --site) tests=false ;;
  '') ;;
  *)
    usage >&2
    exit 2
    ;;
esac

if $tests; then
  dotnet test tests/Sluice.EndToEnd --configuration Release --nologo --filter "FullyQualifiedName~DocumentationTests|FullyQualifiedName~CodeBlockTests"
fi

dotnet tool restore
rm -rf artifacts/docs artifacts/docs-pages
node eng/docs/stage.mjs artifacts/docs-pages
for library in Sluice.AspNetCore Sluice.ModelContextProtocol Sluice.Redis; do # They refer to the others.
  dotnet restore "src/$library" --verbosity quiet
done
dotnet docfx metadata artifacts/docs-pages/docfx.json --warningsAsErrors
dotnet docfx build artifacts/docs-pages/docfx.json --warningsAsErrors
echo "artifacts/docs has $(find artifacts/docs -name '*.html' | wc -l) pages."
