#!/usr/bin/env bash
# Runs the tests of the shared store against servers of the Redis family that Debian 12 does not have, and prints a table.
#
# The servers are Debian's packages of trixie and sid, unpacked into a temporary folder with their own libraries, and Garnet
# from NuGet. Nothing is installed, and apt's own lists stay as they are. Needs Debian's keyring and network access.
set -uo pipefail

cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")" || exit 1

readonly garnet_version=2.2.8
readonly keyring=/usr/share/keyrings/debian-archive-keyring.gpg
readonly libraries=(libc6 libgcc-s1 libstdc++6 libatomic1 libjemalloc2 liblzf1 libssl3t64 libsystemd0 libcap2 libcrypt1 zlib1g libzstd1)

usage() {
  cat <<'TEXT'
Usage: eng/redis-family.sh [SERVER ...]

  SERVER    redis-trixie, redis-sid, valkey-trixie, valkey-sid, garnet; all of them when none is named
  --help    this text

Exits with 1 when a test fails. Where a server cannot be had, its line says so.
TEXT
}

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  usage
  exit 0
fi

# The machine's own archive of Debian.
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
readonly archive
[[ -n $archive ]] || { echo "redis-family: apt has no archive. Run apt-get update." >&2; exit 1; }

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT

# apt_of SUITE ARGUMENT...: apt-get with lists of its own.
apt_of() {
  local suite=$1
  shift
  apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc="$folder/$suite/etc" -o Dir::Etc::sourcelist="$folder/$suite/list" \
    -o Dir::Etc::sourceparts=/dev/null -o Dir::State="$folder/$suite/state" -o Dir::Cache="$folder/$suite/cache" \
    -o Dir::State::status=/dev/null "$@"
}

# fetch_suite SUITE: unpacks the servers of a suite once.
fetch_suite() {
  local suite=$1 package
  [[ -d $folder/$suite/root ]] && return 0
  mkdir -p -- "$folder/$suite"/{etc/apt.conf.d,etc/preferences.d,state/lists/partial,cache/archives/partial,packages}
  echo "deb [signed-by=$keyring] $archive $suite main" >"$folder/$suite/list"
  apt_of "$suite" update || return 1
  (cd -- "$folder/$suite/packages" \
    && apt_of "$suite" download redis-server redis-tools valkey-server valkey-tools "${libraries[@]}") || return 1
  for package in "$folder/$suite"/packages/*.deb; do
    dpkg-deb -x "$package" "$folder/$suite/root" || return 1
  done
}

# fetch SERVER: writes the path of a program that starts it.
fetch() {
  local server=$1 suite=${1#*-} product=${1%%-*}
  if [[ $server == garnet ]]; then
    dotnet tool install garnet-server --version "$garnet_version" --tool-path "$folder/garnet" >&2 || return 1
    echo "$folder/garnet/garnet-server"
    return 0
  fi

  fetch_suite "$suite" >&2 || return 1
  local program=$folder/$server/$product-server root=$folder/$suite/root
  mkdir -p -- "$folder/$server"
  printf '#!/bin/sh\nexec %q --library-path %q %q "$@"\n' "$root/usr/lib64/ld-linux-x86-64.so.2" "$root/usr/lib/x86_64-linux-gnu" \
    "$root/usr/bin/$product-server" >"$program"
  chmod +x -- "$program"
  echo "$program"
}

# Garnet has no DEBUG, no COMMAND statistics and other cluster commands: the tests that use them are Redis' and Valkey's alone.
filter_of() {
  if [[ $1 == garnet ]]; then
    echo 'FullyQualifiedName~Tests.Redis|FullyQualifiedName~GarnetTests|FullyQualifiedName~LateRunTests.Acquire'
  else
    echo 'FullyQualifiedName~Sluice.Redis.Tests'
  fi
}

dotnet build tests/Sluice.Redis.Tests --configuration Release --nologo --verbosity quiet || exit 1
servers=("$@")
((${#servers[@]} > 0)) || servers=(redis-trixie redis-sid valkey-trixie valkey-sid garnet)
code=0
table='| server | version | tests |
| --- | --- | --- |'
for server in "${servers[@]}"; do
  if ! program=$(fetch "$server"); then
    table+=$'\n'"| $server | | could not be downloaded |"
    code=1
    continue
  fi

  version=$garnet_version
  [[ $server == garnet ]] || version=$("$program" --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1)
  echo "== $server $version"
  result=$(SLUICE_REDIS_SERVER=$program dotnet test tests/Sluice.Redis.Tests --configuration Release --no-build --nologo --filter "$(filter_of "$server")" | tee >(cat >&2)) || code=1
  counts=$(grep -oE 'Failed: +[0-9]+, Passed: +[0-9]+' <<<"$result" | tail -1 | tr -s ' ')
  table+=$'\n'"| $server | $version | ${counts:-none ran} |"
done

echo "$table"
exit "$code"
