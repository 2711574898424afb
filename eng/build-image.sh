#!/usr/bin/env bash
# Builds the container image of the program as an OCI layout, without a container engine.
#
# The image begins empty. Its first layer has the libraries that .NET needs, from packages of this machine's Debian release; its second
# has the program. The list of packages is where scanners of images look for it: /var/lib/dpkg/status.d.
set -euo pipefail

root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
readonly packages=(base-files ca-certificates libc6 libgcc-s1 libssl3 libstdc++6)
readonly cache=$root/artifacts/image-packages
readonly user=65532

usage() {
  cat <<'TEXT'
Usage: eng/build-image.sh --version V PROGRAM LAYOUT

Writes the image of PROGRAM, a self-contained 'sluice' for linux-x64 in one file, as an OCI layout into the new folder LAYOUT.

  --version V   the version of the program
  --help        this text

The date in the image is SOURCE_DATE_EPOCH. The same program and the same packages give the same image.
TEXT
}

fail() {
  echo "build-image.sh: $1" >&2
  exit 1
}

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  usage
  exit 0
fi

if [[ $# != 4 || $1 != --version ]]; then
  usage >&2
  exit 2
fi

version=$2 program=$3 layout=$4
[[ -f $program ]] || fail "there is no file '$program'."
[[ ! -e $layout ]] || fail "'$layout' exists already."
[[ ${SOURCE_DATE_EPOCH:-} =~ ^[0-9]+$ ]] || fail "set SOURCE_DATE_EPOCH to the date of the image, in seconds since 1970."
created=$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
revision=$(git -C "$root" rev-parse HEAD 2>/dev/null) || revision=unknown
umask 022
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

apt() {
  apt-get -qq -o APT::Sandbox::User=root "$@"
}

# all_packages: the packages of the image, with the one that has the licence of GCC's libraries.
all_packages() {
  local gcc
  gcc=$(apt-cache depends libgcc-s1 2>/dev/null | sed -n 's/^ *Depends: \(gcc-[0-9]*-base\)$/\1/p')
  printf '%s\n' "${packages[@]}" "${gcc:-gcc-base}"
}

# Writes the names of the files of the packages, after downloading those that the cache does not have.
fetch_packages() {
  local -a wanted all
  local uri file size hash
  mapfile -t all < <(all_packages)
  apt download --print-uris "${all[@]}" >"$work/uris" || return 1
  while read -r uri file size hash; do
    wanted+=("$file")
    sha256sum --check --status <<<"${hash#SHA256:}  $cache/$file" 2>/dev/null && continue
    # It is complete when it gets into the cache, which other builds read.
    (cd -- "$work" && apt download "$(dpkg_name "$file")" >&2 && mv -- "$file" "$cache/") || return 1
  done <"$work/uris"

  [[ ${#wanted[@]} == "${#all[@]}" ]] || return 1
  printf '%s\n' "${wanted[@]}"
}

# dpkg_name FILE: the name of the package in libssl3_3.0.22-1_amd64.deb.
dpkg_name() {
  printf '%s\n' "${1%%_*}"
}

# keep PACKAGE PATTERN...: copies what is needed of an unpacked package, its licence, and its entry in the list of packages.
keep() {
  local package=$1 pattern
  shift
  for pattern in "$@" "usr/share/doc/$package" "usr/share/doc/$package/copyright"; do
    (cd -- "$work/unpacked/$package" && find . -path "./$pattern" -not -type d -print0 | tar --create --null --files-from=- ) \
      | tar --extract -C "$work/base"
  done

  install -D -m 644 -- "$work/unpacked/$package.control" "$work/base/var/lib/dpkg/status.d/$package"
}

write_base() {
  local file package
  mkdir -p -- "$work"/{base,unpacked}
  for file in "$@"; do
    package=$(dpkg_name "$file")
    dpkg-deb --extract "$cache/$file" "$work/unpacked/$package"
    dpkg-deb --field "$cache/$file" >"$work/unpacked/$package.control"
  done

  keep base-files 'etc/os-release' 'usr/lib/os-release' 'etc/debian_version' 'usr/share/common-licenses/*'
  keep libc6 'lib*/*.so*' 'usr/lib/x86_64-linux-gnu/*.so*'
  rm -rf -- "$work"/base/{,usr/}lib/x86_64-linux-gnu/gconv
  keep libgcc-s1 '*.so*'
  keep libssl3 '*.so*'
  keep libstdc++6 'usr/lib/x86_64-linux-gnu/*.so*'
  keep "$(basename -- "$work"/unpacked/gcc-*-base)"
  keep ca-certificates
  [[ -e $work/base/lib64/ld-linux-x86-64.so.2 ]] || fail "libc6 of this Debian release has its files elsewhere than that of Debian 12."
  install -d -m 755 -- "$work"/base/{etc/ssl/certs,usr/lib/ssl,usr/bin}
  find "$work/unpacked/ca-certificates/usr/share/ca-certificates" -name '*.crt' -print0 | LC_ALL=C sort -z | xargs -0 cat \
    >"$work/base/etc/ssl/certs/ca-certificates.crt"
  ln -s ../../../etc/ssl/certs/ca-certificates.crt "$work/base/usr/lib/ssl/cert.pem" # Where OpenSSL looks.
  printf 'root:x:0:0:root:/:/sbin/nologin\nsluice:x:%s:%s:sluice:/var/lib/sluice:/sbin/nologin\n' "$user" "$user" >"$work/base/etc/passwd"
  printf 'root:x:0:\nsluice:x:%s:\n' "$user" >"$work/base/etc/group"
  printf 'hosts: files dns\n' >"$work/base/etc/nsswitch.conf"
  install -d -m 755 -- "$work"/base/{dev,proc,run,sys}
  install -d -m 1777 -- "$work/base/tmp"
}

write_program() {
  install -D -m 755 -- "$program" "$work/program/usr/bin/sluice"
  install -D -m 644 -- "$root/LICENSE" "$work/program/usr/share/doc/sluice/copyright"
  install -d -m 755 -- "$work/program/etc/sluice"
  install -d -m 750 -- "$work/state/var/lib/sluice"
}

# layer FOLDER PATH FILE OWNER: adds a path of a folder to a layer. Names in order, one owner, one date. Engines reject a name that a
# layer has twice.
layer() {
  local mode=--create
  [[ ! -f $3 ]] || mode=--append
  tar "$mode" --sort=name --format=gnu --owner="$4" --group="$4" --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    --file "$3" -C "$1" -- "$2"
}

write_layout() {
  local image=$layout:$version
  layer "$work/base" . "$work/base.tar" 0
  layer "$work/program" . "$work/program.tar" 0
  layer "$work/state" ./var/lib/sluice "$work/program.tar" "$user"
  umoci init --layout "$layout"
  umoci new --image "$image"
  umoci raw add-layer --image "$image" --history.created "$created" --history.created_by "Debian packages: ${packages[*]}" "$work/base.tar"
  umoci raw add-layer --image "$image" --history.created "$created" --history.created_by "sluice $version" "$work/program.tar"
  umoci config --image "$image" --no-history --created "$created" --os linux --architecture amd64 \
    --config.user "$user:$user" --config.workingdir /var/lib/sluice --config.volume /var/lib/sluice \
    --config.entrypoint /usr/bin/sluice --config.cmd run --config.cmd /etc/sluice/sluice.yaml \
    --config.exposedports 8080/tcp --config.exposedports 9090/tcp --config.stopsignal SIGTERM \
    --config.label org.opencontainers.image.title=sluice \
    --config.label "org.opencontainers.image.version=$version" \
    --config.label "org.opencontainers.image.revision=$revision" \
    --config.label org.opencontainers.image.licenses=Apache-2.0
  umoci gc --layout "$layout"
}

mkdir -p -- "$cache"
# Where the lists of packages are missing, or name files that newer ones have replaced, new lists help.
files=$(fetch_packages) || { apt update && files=$(fetch_packages); } \
  || fail "the Debian packages could not be downloaded: ${packages[*]}. The lines above say why; 'apt-get update' as root may help."
mapfile -t files <<<"$files"
write_base "${files[@]}"
write_program
write_layout
