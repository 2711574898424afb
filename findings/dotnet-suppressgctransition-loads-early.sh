#!/usr/bin/env bash
# When .NET loads the library of a P/Invoke that is marked [SuppressGCTransition].
#
# Versions: .NET SDK 10.0.401.
# Expected: as every other P/Invoke: at the first call, so a branch for another operating system costs nothing where it is not
#           taken. Clocks are a typical use: clock_gettime on Linux, kernel32 on Windows, in one method.
# Seen:     the library is loaded when the method that contains the call is compiled. The method throws DllNotFoundException
#           although the call is in a branch that is never taken. Without the attribute it runs. The way out is a method of its
#           own for each platform, marked NoInlining.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd -- "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1

cat >probe.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
</Project>
XML
cat >Program.cs <<'CS'
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

bool taken = args.Length > 0; // False: no argument is given.
string plain = Try(() => Clocks.Plain(taken));
string suppressed = Try(() => Clocks.Suppressed(taken));
string apart = Try(() => Clocks.Apart(taken));
Console.WriteLine($"plain: {plain}; SuppressGCTransition: {suppressed}; in a method of its own: {apart}");
return plain == "0" && suppressed == nameof(DllNotFoundException) && apart == "0" ? 0 : 1;

static string Try(Func<long> call)
{
    try
    {
        return call().ToString();
    }
    catch (Exception exception)
    {
        return exception.GetType().Name;
    }
}

internal static class Clocks
{
    [DllImport("library-of-another-system")]
    private static extern long Read();

    [DllImport("library-of-another-system", EntryPoint = "Read"), SuppressGCTransition]
    private static extern long ReadQuickly();

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Plain(bool taken) => taken ? Read() : 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Suppressed(bool taken) => taken ? ReadQuickly() : 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static long Apart(bool taken) => taken ? Wrapped() : 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Wrapped() => ReadQuickly();
}
CS
dotnet run --configuration Release && echo "as stated"
