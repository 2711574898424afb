#!/usr/bin/env bash
# Installs what the tests run beside the .NET SDK: Redis, Chromium, and the real MCP servers and clients from npm.
# What is there already is left as it is, so a second run changes nothing.
set -euo pipefail

root=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/..
node_folder=$root/tests/Sluice.EndToEnd/node
policy=/usr/sbin/policy-rc.d
as_root=()

fail() {
  echo "$1" >&2
  exit 1
}

become_root() {
  [[ $(id -u) -eq 0 ]] && return
  command -v sudo >/dev/null 2>&1 \
    || fail "The tests need: $*. Install these Debian packages, or run this as root or with sudo."
  as_root=(sudo)
  [[ -t 0 ]] || as_root+=(-n) # nobody is there to type a password
}

# Debian starts the service of a package as it is installed, unless this file says no (101).
# The tests start their own Redis, on a port of their own.
forbid_services() {
  [[ -e $policy ]] && return
  trap '"${as_root[@]}" rm -f -- "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
}

install_debian_packages() {
  local missing=()
  command -v redis-server >/dev/null 2>&1 || missing+=(redis-server)
  command -v chromium >/dev/null 2>&1 || missing+=(chromium)
  [[ ${#missing[@]} -eq 0 ]] && return
  command -v apt-get >/dev/null 2>&1 || fail "The tests need: ${missing[*]}. There is no apt-get here to install them."

  become_root "${missing[@]}"
  forbid_services
  echo "Installing ${missing[*]} …"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_node_packages() {
  if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    fail "The tests run real MCP servers and clients, and need Node.js 20 or later with npm."
  fi
  local stamp=$node_folder/node_modules/.sluice-installed wanted
  wanted=$(cd -- "$node_folder" && sha256sum package.json package-lock.json .npmrc)
  [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return

  echo "Installing the MCP servers and clients of the end-to-end tests …"
  (cd -- "$node_folder" && npm ci --no-progress --loglevel=error </dev/null)
  printf '%s\n' "$wanted" >"$stamp"
}

install_debian_packages
install_node_packages
