#!/usr/bin/env bash
# What becomes of the niceness of one .NET thread on Linux.
#
# Versions: .NET SDK 10, Linux.
# Expected: setpriority(2) on a thread of one's own, for background work, slows that thread alone. Thread.Priority does nothing on Linux,
#           so this is what libraries do instead.
# Seen:     every worker of the thread pool that the thread's own work needs runs at that niceness too. The pool starts a worker from the
#           thread that queues the work, and a Linux thread inherits the niceness of the one that starts it. Queued by a thread of usual
#           niceness, all workers stay at 0.
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
  </PropertyGroup>
</Project>
XML
cat >Program.cs <<'CS'
using System.Runtime.InteropServices;

// A thread queues items of which each needs a worker of its own, and waits for them.
const int Items = 8;
bool isNice = args is ["nice"];
int usual = Niceness();
ThreadPool.SetMinThreads(Items, Items);
using CountdownEvent arrived = new(Items);
Task<int>[] items = [];
Thread queueing = new(() =>
{
    if (isNice && setpriority(0, 0, 10) != 0)
    {
        throw new InvalidOperationException("setpriority failed.");
    }

    items = [.. Enumerable.Range(0, Items).Select(_ => Task.Run(() =>
    {
        arrived.Signal();
        arrived.Wait();
        return Niceness();
    }))];
    Task.WaitAll(items);
});
queueing.Start();
queueing.Join();
int others = items.Count(item => item.Result != usual);
Console.WriteLine(
    $".NET {Environment.Version}: queued by a thread of {(isNice ? "niceness 10" : "usual niceness")}, {others} of {Items} workers have another niceness");
return others > 0 == isNice ? 0 : 1;

static int Niceness()
{
    string stat = File.ReadAllText("/proc/thread-self/stat");
    return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16]);
}

[DllImport("libc", SetLastError = true)]
static extern int setpriority(int which, uint who, int priority);
CS

dotnet build --configuration Release --nologo --verbosity quiet >build.log || { cat build.log; exit 1; }
dotnet bin/Release/net10.0/probe.dll usual
dotnet bin/Release/net10.0/probe.dll nice
echo "As stated."
