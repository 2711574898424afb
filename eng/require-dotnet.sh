# shellcheck shell=bash
# Sourced by the commands at the root.

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false

# require_dotnet ROOT: says which SDK is missing, and fails.
require_dotnet() {
  command -v dotnet >/dev/null 2>&1 && return
  local wanted
  wanted=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$1/global.json")
  echo "Sluice is built with the .NET SDK $wanted or a later patch of it, and there is no 'dotnet' on the PATH." >&2
  echo "Install the .NET 10 SDK, or add its folder to the PATH." >&2
  return 1
}
