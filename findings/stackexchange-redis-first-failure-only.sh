#!/usr/bin/env bash
# What StackExchange.Redis says of a connection that cannot be made, after the reason has changed.
#
# Versions: StackExchange.Redis 3.4.35 (.NET 10), redis-server 6 or newer from Debian.
# Expected: a client that cannot connect says why the last attempt failed: in the exception of a command, or by its event ConnectionFailed.
# Seen:     only the first failure since the last connection is told. A server that is away at first, and then denies the client's user a
#           command that its handshake needs (ECHO, by an ACL), fails attempt after attempt; but commands fail with 'No connection is
#           active/available', and there is no event and no exception with NOPERM. A client that starts after the server, with the same
#           options, names NOPERM at once. So a wrong ACL cannot be told from a server that is away.
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
  <ItemGroup>
    <PackageReference Include="StackExchange.Redis" Version="[3.4.35]" />
  </ItemGroup>
</Project>
XML
cat >Program.cs <<'CS'
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

TcpListener free = new(IPAddress.Loopback, 0);
free.Start();
int port = ((IPEndPoint)free.LocalEndpoint).Port;
free.Stop();

// The server is away when the first client starts.
(ConnectionMultiplexer early, List<string> earlyEvents) = await ConnectAsync();
string away = await PingAsync(early);
File.WriteAllText("users.acl", "user default on nopass ~* &* +@all -echo\n");
using Process server = Process.Start("redis-server", $"--port {port} --bind 127.0.0.1 --save \"\" --aclfile {Path.GetFullPath("users.acl")} --logfile log");
HashSet<string> told = [];
bool saysWhy = false;
for (int i = 0; i < 300; i++) // 30 s: several attempts to connect.
{
    string text = await PingAsync(early);
    saysWhy |= text.Contains("NOPERM");
    told.Add(text.Split([", mc:", "   at "], StringSplitOptions.None)[0]);
    await Task.Delay(100);
}

// The server is there when the second client starts.
(ConnectionMultiplexer late, List<string> lateEvents) = await ConnectAsync();
string denied = await PingAsync(late);
server.Kill();

Console.WriteLine($"StackExchange.Redis {FileVersionInfo.GetVersionInfo(typeof(ConnectionMultiplexer).Assembly.Location).ProductVersion?.Split('+')[0]}, .NET {Environment.Version}");
Console.WriteLine($"without a server:        {Short(away)}");
Console.WriteLine($"30 s with the server:    {string.Join(" | ", told.Select(Short))}");
Console.WriteLine($"events in that time:     {(earlyEvents.Count == 0 ? "none" : string.Join(" | ", earlyEvents.Distinct().Select(Short)))}");
Console.WriteLine($"a client that starts now: {Short(denied)}");
bool asStated = denied.Contains("NOPERM") && !saysWhy && !earlyEvents.Any(text => text.Contains("NOPERM"));
Console.WriteLine(asStated ? "As stated." : "NOT as stated.");
return asStated ? 0 : 1;

async Task<(ConnectionMultiplexer, List<string>)> ConnectAsync()
{
    List<string> events = [];
    ConfigurationOptions options = new() { EndPoints = { { "127.0.0.1", port } }, AbortOnConnectFail = false, ConnectTimeout = 2000 };
    options.BacklogPolicy = BacklogPolicy.FailFast;
    ConnectionMultiplexer client = await ConnectionMultiplexer.ConnectAsync(options);
    client.ConnectionFailed += (_, failed) => { lock (events) { events.Add($"{failed.FailureType} {failed.Exception?.Message}"); } };
    client.InternalError += (_, error) => { lock (events) { events.Add($"{error.Exception.Message}"); } };
    client.ErrorMessage += (_, error) => { lock (events) { events.Add(error.Message); } };
    return (client, events);
}

static async Task<string> PingAsync(ConnectionMultiplexer client)
{
    try
    {
        await client.GetDatabase().PingAsync();
        return "answered";
    }
    catch (RedisException exception)
    {
        return exception.ToString(); // With its inner exceptions.
    }
}

static string Short(string text) => text.ReplaceLineEndings(" ")[..Math.Min(170, text.ReplaceLineEndings(" ").Length)];
CS

dotnet run --configuration Release
