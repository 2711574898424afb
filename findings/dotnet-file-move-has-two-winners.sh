#!/usr/bin/env bash
# What File.Move(overwrite: false) of .NET does on Linux when two of them race for one name.
#
# Versions: .NET SDK 10, Linux.
# Expected: of two moves to the same name exactly one succeeds, and the other throws an IOException, as with O_EXCL or link(2). Programs
#           rely on this to publish a file once (a key, a salt, a lock).
# Seen:     in some of the races both moves succeed, and the content of the first winner is gone without an error. The runtime looks
#           whether the name is free and then calls rename(2), which replaces. A hard link (link, then unlink of the draft) has one winner
#           each time.
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
    <Nullable>enable</Nullable>
    <AllowUnsafeBlocks>true</AllowUnsafeBlocks>
  </PropertyGroup>
</Project>
XML
cat >Program.cs <<'CS'
using System.Runtime.InteropServices;

const int MostRaces = 200_000;
const int EnoughRaces = 3_000;

(int moveRaces, int moveBoth) = Race((draft, target) => File.Move(draft, target, overwrite: false), stopAtFirst: true);
(int linkRaces, int linkBoth) = Race(Link, stopAtFirst: false);
Console.WriteLine($".NET {Environment.Version}, {RuntimeInformation.OSDescription}");
Console.WriteLine($"File.Move(overwrite: false): both moves succeeded in {moveBoth} of {moveRaces} races");
Console.WriteLine($"link(2):                     both links succeeded in {linkBoth} of {linkRaces} races");
bool asStated = moveBoth > 0 && linkBoth == 0;
Console.WriteLine(asStated ? "As stated." : "NOT as stated.");
return asStated ? 0 : 1;

// Two threads move a draft each to one free name; returns the races that were run, and those in which both succeeded.
static (int Races, int Both) Race(Action<string, string> publish, bool stopAtFirst)
{
    using Barrier barrier = new(2);
    int successes = 0, both = 0, races = 0;
    bool done = false;
    Task[] racers = [.. Enumerable.Range(0, 2).Select(racer => Task.Factory.StartNew(() =>
    {
        for (int i = 0; !Volatile.Read(ref done); i++)
        {
            string draft = $"draft-{racer}", target = $"target-{i % 2}";
            File.WriteAllText(draft, racer.ToString());
            barrier.SignalAndWait();
            try
            {
                publish(draft, target);
                Interlocked.Increment(ref successes);
            }
            catch (IOException)
            {
                File.Delete(draft); // the expected end of one of the two
            }

            barrier.SignalAndWait();
            if (racer == 0)
            {
                races++;
                both += successes == 2 ? 1 : 0;
                successes = 0;
                File.Delete(target);
                done = (stopAtFirst && both > 0 && races >= EnoughRaces) || races >= (stopAtFirst ? MostRaces : EnoughRaces);
            }

            barrier.SignalAndWait();
        }
    }, TaskCreationOptions.LongRunning))];
    Task.WaitAll(racers);
    return (races, both);
}

static void Link(string draft, string target)
{
    if (link(draft, target) != 0)
    {
        throw new IOException($"link: error {Marshal.GetLastPInvokeError()}");
    }

    File.Delete(draft);
}

[DllImport("libc", SetLastError = true)]
static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string created);
CS

dotnet run --configuration Release
