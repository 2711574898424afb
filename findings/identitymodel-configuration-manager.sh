#!/usr/bin/env bash
# How ConfigurationManager<OpenIdConnectConfiguration> refreshes the keys of an issuer.
#
# Versions: Microsoft.IdentityModel.Protocols.OpenIdConnect 8.23.0, .NET SDK 10.
# Expected: after RequestRefresh() the next GetConfigurationAsync() waits for the new document, because a caller asks for a
#           refresh when a key is missing; while an issuer is down, callers that wait at the same time share one request.
# Seen:     after RequestRefresh() the next call returns the old document at once, and the new one arrives in the background:
#           a token signed by a new key is rejected at least once more. While the issuer is down and nothing is cached, 40
#           callers at the same time make 40 requests, one after another, and each caller waits for those before it.
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
    <PackageReference Include="Microsoft.IdentityModel.Protocols.OpenIdConnect" Version="8.23.0" />
  </ItemGroup>
</Project>
XML
cat >Program.cs <<'CS'
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

Issuer issuer = new();
ConfigurationManager<OpenIdConnectConfiguration> manager = new(
    "https://issuer.example/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(), issuer)
{
    RefreshInterval = ConfigurationManager<OpenIdConnectConfiguration>.MinimumRefreshInterval,
};

string first = (await manager.GetConfigurationAsync(default)).TokenEndpoint;
issuer.Version = 2;
await Task.Delay(ConfigurationManager<OpenIdConnectConfiguration>.MinimumRefreshInterval * 2);
manager.RequestRefresh();
string second = (await manager.GetConfigurationAsync(default)).TokenEndpoint;
for (int i = 0; i < 100 && (await manager.GetConfigurationAsync(default)).TokenEndpoint == second; i++)
{
    await Task.Delay(100);
}

string later = (await manager.GetConfigurationAsync(default)).TokenEndpoint;
Console.WriteLine($"before: {first}; after RequestRefresh: {second}; later: {later}");

Issuer down = new() { IsDown = true };
ConfigurationManager<OpenIdConnectConfiguration> waiting = new(
    "https://issuer.example/.well-known/openid-configuration", new OpenIdConnectConfigurationRetriever(), down);
await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
{
    try
    {
        await waiting.GetConfigurationAsync(default);
    }
    catch (InvalidOperationException)
    {
    }
}));
Console.WriteLine($"40 callers, issuer down: {down.Requests} requests, at most {down.MostAtOnce} at once");
return first == second && later != second && down.Requests == 40 && down.MostAtOnce == 1 ? 0 : 1;

internal sealed class Issuer : IDocumentRetriever
{
    private int _atOnce;
    internal int Version = 1;
    internal bool IsDown;
    internal int Requests;
    internal int MostAtOnce;

    public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
    {
        Interlocked.Increment(ref Requests);
        MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _atOnce));
        await Task.Delay(20, cancel);
        Interlocked.Decrement(ref _atOnce);
        return IsDown ? throw new IOException("down")
            : address.EndsWith("keys", StringComparison.Ordinal) ? """{"keys":[]}"""
            : $$"""{"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/keys","token_endpoint":"https://issuer.example/v{{Version}}"}""";
    }
}
CS
dotnet run --configuration Release && echo "as stated"
