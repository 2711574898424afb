#!/usr/bin/env bash
# Builds the API server of Kubernetes' custom resources, with etcd, from Debian's own libraries, for the tests of Sluice.Kubernetes.
#
# Nothing on the system changes: packages of sid are unpacked into a temporary folder. The result is kept by the versions of its
# packages, by main.go and by this script: a run that finds nothing changed takes seconds. Needs Debian's keyring and network access.
set -euo pipefail

root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
readonly root
readonly source_folder=$root/eng/api-server
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg
readonly cache=${SLUICE_API_SERVER:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice/api-server}

usage() {
  cat <<'TEXT'
Usage: eng/api-server.sh [--path]

  Builds the server, and prints the folder that holds `crdapi`, `etcd` and `versions`.

  --path    print the folder of what has been built, and build nothing; exit with 1 when there is none
  --help    this text

The folder is $SLUICE_API_SERVER, or ~/.cache/sluice/api-server. Exits with 3, and a line that says why, where the server cannot
be built here: without apt-get, or when Debian's archive cannot be reached.
TEXT
}

unavailable() {
  echo "api-server: cannot be built here: $1" >&2
  exit 3
}

case ${1:-} in
  -h | --help)
    usage
    exit 0
    ;;
  --path)
    [[ -x $cache/crdapi && -x $cache/etcd ]] || exit 1
    echo "$cache"
    exit 0
    ;;
  '') ;;
  *)
    usage >&2
    exit 2
    ;;
esac

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || unavailable "apt-get and dpkg-deb are needed."
[[ -r $keyring ]] || unavailable "$keyring is missing. Install debian-archive-keyring."

folder=$(mktemp -d)
trap 'chmod -R u+w -- "$folder" 2>/dev/null; rm -rf -- "$folder"' EXIT
mkdir -p -- "$folder"/{lists/partial,cache/archives/partial,packages,root,gopath/src/crdapi}
: >"$folder/status"

# The machine's own archive of Debian.
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
[[ -n $archive ]] || unavailable "apt has no archive. Run apt-get update."
echo "deb [signed-by=$keyring] $archive sid main" >"$folder/list"
apt_options=(-qq -o "Dir::Etc::sourcelist=$folder/list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$folder/lists"
  -o "Dir::State::status=$folder/status" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
apt-get "${apt_options[@]}" update >&2 || unavailable "Debian's archive cannot be reached."

go_package=$(apt-cache "${apt_options[@]}" depends golang-go | sed -n 's/.*Depends: \(golang-1\.[0-9]*-go\).*/\1/p' | head -1)
[[ -n $go_package ]] || unavailable "sid has no package of Go."
mapfile -t libraries <"$source_folder/packages.txt"
packages=("$go_package" "${go_package%-go}-src" etcd-server "${libraries[@]}")

# What the result depends on: the versions of the packages, and our own source.
{
  apt-cache "${apt_options[@]}" show --no-all-versions "${packages[@]}" | awk '/^Package:/ { name = $2 } /^Version:/ { print name, $2 }' | sort
  cat -- "$source_folder/main.go" "$root/eng/api-server.sh" | sha256sum
} >"$folder/versions"
if [[ -x $cache/crdapi && -x $cache/etcd ]] && cmp -s -- "$folder/versions" "$cache/versions"; then
  echo "$cache"
  exit 0
fi

echo "api-server: downloading ${#packages[@]} packages of sid ..." >&2
(cd -- "$folder/packages" && apt-get "${apt_options[@]}" download "${packages[@]}" >&2) || unavailable "a package cannot be downloaded."
for package in "$folder"/packages/*.deb; do
  dpkg-deb -x "$package" "$folder/root"
done

go_version=${go_package#golang-}
export GOROOT=$folder/root/usr/lib/go-${go_version%-go}
export GOPATH=$folder/gopath:$folder/root/usr/share/gocode
export PATH=$GOROOT/bin:$PATH
export GO111MODULE=off GOTOOLCHAIN=local GOPROXY=off GOFLAGS='' CGO_ENABLED=0 GOCACHE=$folder/gocache
cp -- "$source_folder/main.go" "$folder/gopath/src/crdapi/"
version=$(awk '$1 == "golang-k8s-apiserver-dev" { print $2 }' "$folder/versions")
version=${version#*:} # Without an epoch of Debian.
version=1.${version#0.} # The libraries 0.36 are those of Kubernetes 1.36; rules of CEL are enabled by this version.
echo "api-server: building, which takes about four minutes on two processors ..." >&2
# Without a version kubectl cannot read the server's answer.
(cd -- "$folder/gopath/src/crdapi" \
  && go build -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v${version%%[-+~]*}" -o "$folder/crdapi" .) \
  || unavailable "the libraries of sid do not build with eng/api-server/main.go."

mkdir -p -- "$cache"
install -m 755 -- "$folder/crdapi" "$cache/crdapi"
install -m 755 -- "$folder/root/usr/bin/etcd" "$cache/etcd"
install -m 644 -- "$folder/versions" "$cache/versions"
echo "$cache"
