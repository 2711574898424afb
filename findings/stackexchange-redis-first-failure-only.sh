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

const int EnoughAttempts = 4;
TimeSpan PauseBetweenPolls = TimeSpan.FromMilliseconds(100);

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
int attempts = 0;
string denied;
try
{
    // The client chooses the pauses between its attempts, and has no clock that can be moved. The server counts the attempts.
    for (int polls = 0; polls < 600 && attempts < EnoughAttempts; polls++)
    {
        string text = await PingAsync(early);
        saysWhy |= text.Contains("NOPERM");
        told.Add(text.Split([", mc:", "   at "], StringSplitOptions.None)[0]);
        await Task.Delay(PauseBetweenPolls);
        attempts = DeniedConnections();
    }

    // The server is there when the second client starts.
    (ConnectionMultiplexer late, _) = await ConnectAsync();
    denied = await PingAsync(late);
}
finally
{
    server.Kill();
}

Console.WriteLine($"StackExchange.Redis {FileVersionInfo.GetVersionInfo(typeof(ConnectionMultiplexer).Assembly.Location).ProductVersion?.Split('+')[0]}, .NET {Environment.Version}");
Console.WriteLine($"without a server:        {Short(away)}");
Console.WriteLine($"{attempts} attempts denied:       {string.Join(" | ", told.Select(Short))}");
Console.WriteLine($"events in that time:     {(earlyEvents.Count == 0 ? "none" : string.Join(" | ", earlyEvents.Distinct().Select(Short)))}");
Console.WriteLine($"a client that starts now: {Short(denied)}");
bool asStated = denied.Contains("NOPERM") && attempts >= EnoughAttempts && !saysWhy && !earlyEvents.Any(text => text.Contains("NOPERM"));
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

// How often the server has denied ECHO, which each attempt to connect sends.
int DeniedConnections()
{
    try
    {
        using TcpClient client = new("127.0.0.1", port);
        using StreamReader reader = new(client.GetStream());
        client.GetStream().Write("INFO commandstats\r\n"u8);
        int length = int.Parse(reader.ReadLine()![1..]);
        char[] info = new char[length];
        reader.ReadBlock(info);
        string? echo = new string(info).Split("\r\n").FirstOrDefault(line => line.StartsWith("cmdstat_echo:"));
        return echo is null ? 0 : int.Parse(echo.Split("rejected_calls=")[1].Split(',')[0]);
    }
    catch (SocketException)
    {
        return 0; // It does not listen yet.
    }
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
