#!/usr/bin/env bash
# Builds a release into one folder: packages, archives, a container image, an SBOM and checksums.
set -euo pipefail

cd -- "$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")" || exit 1

readonly all_rids=(linux-x64 linux-arm64 win-x64 osx-arm64)
readonly gateway=src/Sluice.Gateway
readonly cyclonedx_version=6.3.1

usage() {
  cat <<'TEXT'
Usage: eng/release.sh [OPTION ...] OUTPUT

Builds a release into the folder OUTPUT, which must be empty or absent:
  Sluice*.nupkg, Sluice*.snupkg     the libraries, and the .NET tool 'Sluice.Tool'
  sluice-VERSION-RID.tar.gz, .zip   the program with all of .NET that it needs
  sluice-VERSION-image, .tar        a container image for linux/amd64: an OCI layout, and the same as one file
  sluice-VERSION.cdx.json           the SBOM of the program (CycloneDX)
  SHA256SUMS                        for 'sha256sum -c'

  --version V    the version of the release; default: the one in Directory.Build.props
  --only PART    packages, archives or image, and the SBOM; may be repeated; default: all of them
  --rid RID      the archive for linux-x64, linux-arm64, win-x64 or osx-arm64; may be repeated; default: all of them
  --help         this text

The date of every file is SOURCE_DATE_EPOCH, or that of the last commit. Needs the .NET SDK and jq; tar, gzip and zip for archives; Debian's
apt-get, dpkg-deb and umoci for the image. It does not disturb other builds of the same clone.
TEXT
}

fail() {
  echo "release.sh: $1" >&2
  exit 1
}

fail_usage() {
  echo "release.sh: $1" >&2
  echo "Try 'eng/release.sh --help'." >&2
  exit 2
}

# contains TEXT ITEM...: whether one of the items is the text.
contains() {
  local text=$1 item
  shift
  for item in "$@"; do
    [[ $item == "$text" ]] && return 0
  done

  return 1
}

version='' output='' parts=() rids=()
while (($# > 0)); do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --version | --only | --rid)
      (($# > 1)) || fail_usage "$1 needs a value."
      case $1 in
        --version) version=$2 ;;
        --only) parts+=("$2") ;;
        --rid) rids+=("$2") ;;
      esac
      shift
      ;;
    -*) fail_usage "'$1' is not an option." ;;
    *)
      [[ -z $output ]] || fail_usage "one OUTPUT is expected, and '$1' is a second one."
      output=$1
      ;;
  esac
  shift
done

[[ -n $output ]] || fail_usage "OUTPUT is missing: the folder for the release."
((${#parts[@]} > 0)) || parts=(packages archives image)
((${#rids[@]} > 0)) || rids=("${all_rids[@]}")
for part in "${parts[@]}"; do
  contains "$part" packages archives image || fail_usage "--only: '$part' is not a part. Use packages, archives or image."
done

for rid in "${rids[@]}"; do
  contains "$rid" "${all_rids[@]}" || fail_usage "--rid: '$rid' is not supported. Use ${all_rids[*]}."
done

needs() {
  command -v "$1" >/dev/null || fail "$2 needs '$1', and it is not on the PATH."
}

needs dotnet "a release"
needs jq "the SBOM"
if contains archives "${parts[@]}"; then
  for program in tar gzip zip; do
    needs "$program" "an archive"
  done
fi

if contains image "${parts[@]}"; then
  for program in tar apt-get dpkg-deb umoci; do
    needs "$program" "the image"
  done
fi

[[ -n $version ]] || version=$(dotnet msbuild src/Sluice/Sluice.csproj -getProperty:Version)
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z]+([.-][0-9A-Za-z]+)*)?$ ]] \
  || fail_usage "--version: '$version' is not a version such as 1.2.3 or 1.2.3-preview.1."

if [[ -e $output ]]; then
  [[ -d $output ]] || fail "'$output' is not a folder."
  [[ -z $(ls -A -- "$output") ]] || fail "the folder '$output' is not empty. Name another one, or empty it."
fi

if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null) \
    || fail "this is not a clone, so the date of the release is not known. Set SOURCE_DATE_EPOCH to it, in seconds since 1970."
fi

export SOURCE_DATE_EPOCH
umask 022
mkdir -p -- "$output"
output=$(readlink -f -- "$output")
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

note() {
  echo "release.sh: $1" >&2
}

if ! git remote --verbose 2>/dev/null | grep -qE '(://|@)'; then
  note "this clone has no remote at a server, so the packages name no repository, and debuggers do not find their sources."
fi

if [[ -n $(git status --porcelain 2>/dev/null) ]]; then
  note "the working tree has changes that are not committed. The release contains them."
fi

# step TEXT: a line about what begins now.
step() {
  printf '== %s (%d s)\n' "$1" "$SECONDS"
}

# fail_build WHAT: shows what the last program printed.
fail_build() {
  grep -E ': (error|warning) ' "$work/log" | sort -u >&2 || cat -- "$work/log" >&2
  fail "$1 could not be built."
}

# dotnet_build WHAT ARGUMENT...: runs dotnet apart from other builds, and shows its output only when it fails.
dotnet_build() {
  local what=$1
  shift
  if ! dotnet "$@" --configuration Release --artifacts-path "$work/artifacts" --nologo --verbosity quiet \
    -nodeReuse:false -p:UseSharedCompilation=false -p:SluiceRelease=true -p:Version="$version" >"$work/log" 2>&1 </dev/null; then
    fail_build "$what"
  fi
}

build_packages() {
  step "packages"
  dotnet_build "the packages" build eng/packages.proj -t:Pack
  cp -- "$work"/artifacts/package/release/*.nupkg "$work"/artifacts/package/release/*.snupkg "$output"
}

# publish RID: writes the program's one file to $work/program/RID, once.
publish() {
  local rid=$1 folder=$work/program/$1 name=sluice published=Sluice.Gateway
  [[ ! -d $folder ]] || return 0
  dotnet_build "the program for $rid" publish "$gateway" --runtime "$rid" --self-contained \
    -p:PublishSingleFile=true -p:IsTransformWebConfigDisabled=true --output "$work/publish/$rid"
  if [[ $rid == win-* ]]; then
    name+=.exe published+=.exe
  fi

  local other
  other=$(find "$work/publish/$rid" -type f -not -name "$published" \
    -not -name '*.pdb' -not -name '*.xml' -not -name '*.staticwebassets.endpoints.json' -not -name 'aspnetcorev2_inprocess.dll')
  [[ -z $other ]] || fail "the program for $rid is to be one file, and needs these too: $other"
  mkdir -p -- "$folder"
  mv -- "$work/publish/$rid/$published" "$folder/$name"
  chmod 755 -- "$folder/$name"
}

# pack_archive RID: the program with its licence, its page and, for Linux, the systemd unit.
pack_archive() {
  local rid=$1 name=sluice-$version-$1
  local folder=$work/archive/$name
  step "archive for $rid"
  publish "$rid"
  mkdir -p -- "$folder"
  cp -- "$work/program/$rid"/* LICENSE "$folder"
  cp -- "$gateway/README.md" "$work/sluice-$version.cdx.json" "$folder"
  if [[ $rid == linux-* ]]; then
    cp -- deploy/systemd/sluice.service "$folder"
  fi

  find "$folder" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  if [[ $rid == win-* ]]; then
    (cd -- "$work/archive" && find "$name" -type f | LC_ALL=C sort | TZ=UTC zip -q -X "$output/$name.zip" -@) || fail "zip failed."
  else
    tar --create --sort=name --format=gnu --owner=0 --group=0 --numeric-owner -C "$work/archive" -- "$name" \
      | gzip -n >"$output/$name.tar.gz"
  fi
}

build_archives() {
  local rid
  for rid in "${rids[@]}"; do
    pack_archive "$rid"
  done
}

build_image() {
  step "image for linux/amd64"
  publish linux-x64
  eng/build-image.sh --version "$version" "$work/program/linux-x64/sluice" "$output/sluice-$version-image"
  tar --create --sort=name --format=gnu --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" \
    -C "$output/sluice-$version-image" --file "$output/sluice-$version-image.tar" -- .
}

# What the program contains: the packages that it was restored with, and .NET's own, which the archives and the image have.
write_sbom() {
  step "SBOM"
  local name=sluice-$version.cdx.json runtime
  dotnet restore "$gateway" --artifacts-path "$work/artifacts" --verbosity quiet -nodeReuse:false >"$work/log" 2>&1 </dev/null \
    || fail_build "the SBOM"
  dotnet tool exec "CycloneDX@$cyclonedx_version" --yes -- "$gateway/Sluice.Gateway.csproj" --disable-package-restore \
    --base-intermediate-output-path "$work/artifacts" --no-serial-number --set-name sluice --set-version "$version" \
    --output-format Json --output "$work" --filename sbom.json >"$work/log" 2>&1 </dev/null || fail_build "the SBOM"
  runtime=$(dotnet msbuild "$gateway/Sluice.Gateway.csproj" -getProperty:BundledNETCoreAppPackageVersion)
  jq --arg runtime "$runtime" --arg created "$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" '
    def of_dotnet: { type: "framework", "bom-ref": "pkg:nuget/\(.)@\($runtime)", name: ., version: $runtime, scope: "required",
      licenses: [{ license: { id: "MIT" } }], purl: "pkg:nuget/\(.)@\($runtime)" };
    .metadata.timestamp = $created
    | .components |= map(select(.scope != "excluded"))
    | .components += [("Microsoft.AspNetCore.App.Runtime", "Microsoft.NETCore.App.Runtime") | of_dotnet]
    | [.components[]["bom-ref"], .metadata.component["bom-ref"]] as $kept
    | .dependencies |= map(select(.ref | IN($kept[])))' \
    "$work/sbom.json" >"$work/$name"
  [[ $(jq '.components | length' "$work/$name") -gt 10 ]] || fail "the SBOM has no components."
  cp -- "$work/$name" "$output"
}

write_checksums() {
  (cd -- "$output" && find . -type f -not -name SHA256SUMS -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum >SHA256SUMS)
}

write_sbom
for part in packages archives image; do
  if contains "$part" "${parts[@]}"; then
    "build_$part"
  fi
done

write_checksums
step "done: Sluice $version in $output"
(cd -- "$output" && du -sh -- *)
