#!/usr/bin/env bash
# A package disappears from a restore when central transitive pinning meets a dependency on one exact version.
#
# Versions: .NET SDK 10.0.401, ModelContextProtocol 2.3.1 (which depends on ModelContextProtocol.Core [2.3.1]).
# Set-up:   Directory.Packages.props has CentralPackageTransitivePinningEnabled, ModelContextProtocol 2.3.1 and
#           ModelContextProtocol.Core 2.4.0; the project references ModelContextProtocol.
# Expected: an error for the conflict (NU1107 or NU1109), or one of the two versions of the core.
# Seen:     the restore succeeds without a warning, and the core is in no version part of the graph. Only the compiler
#           notices, with CS0246 for each type. Without pinning the core 2.3.1 is restored.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd -- "$folder"

# restore PINNING: prints the versions of the core in the graph, or "none"; fails when the restore fails.
restore() {
  cat >Directory.Packages.props <<XML
<Project>
  <PropertyGroup>
    <ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally>
    <CentralPackageTransitivePinningEnabled>$1</CentralPackageTransitivePinningEnabled>
  </PropertyGroup>
  <ItemGroup>
    <PackageVersion Include="ModelContextProtocol" Version="2.3.1" />
    <PackageVersion Include="ModelContextProtocol.Core" Version="2.4.0" />
  </ItemGroup>
</Project>
XML
  rm -rf obj
  dotnet restore --verbosity minimal >restore.log 2>&1 || { cat restore.log; return 1; }
  if grep -E 'warn|error' restore.log >&2; then
    return 1
  fi

  grep -oE '"ModelContextProtocol.Core/[0-9.]+": \{$' obj/project.assets.json | sort -u | grep -oE '[0-9]+\.[0-9.]+' || echo none
}

cat >probe.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="ModelContextProtocol" /></ItemGroup>
</Project>
XML

dotnet --version
pinned=$(restore true)
free=$(restore false)
echo "versions of the core: with pinning: $pinned; without: $free"
[[ $pinned == none && $free == 2.3.1 ]] && echo "as stated"
