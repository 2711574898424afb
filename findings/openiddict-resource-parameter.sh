#!/usr/bin/env bash
# What OpenIddict needs before it accepts the resource parameter of RFC 8707, which every MCP client sends.
#
# Versions: OpenIddict 7.8.0 (in-memory Entity Framework store), .NET SDK 10.
# Expected: DisableResourceValidation() turns the validation of "resource" off, so the token request is accepted; and the token's
#           audience is the resource that the client asked for.
# Seen:     the request is still refused: error invalid_request, ID2192, "not allowed to use the specified resource". The check of
#           the client's permissions is a second switch, IgnoreResourcePermissions(); each switch alone refuses. With both, the
#           token is issued without the resource in "aud" unless the application copies it (SetResources).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd -- "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1

cat >probe.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="OpenIddict.Core" Version="7.8.0" />
    <PackageReference Include="OpenIddict.EntityFrameworkCore" Version="7.8.0" />
    <PackageReference Include="OpenIddict.Server.AspNetCore" Version="7.8.0" />
    <PackageReference Include="Microsoft.EntityFrameworkCore.InMemory" Version="10.0.0" />
  </ItemGroup>
</Project>
XML
cat >Program.cs <<'CS'
using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

const string Resource = "https://mcp.example.com/search";
bool asStated = true;
foreach ((string name, Action<OpenIddictServerBuilder> configure, bool copies, bool issues) in new (string, Action<OpenIddictServerBuilder>, bool, bool)[]
{
    ("neither switch", _ => { }, false, false),
    ("DisableResourceValidation alone", server => server.DisableResourceValidation(), false, false),
    ("IgnoreResourcePermissions alone", server => server.IgnoreResourcePermissions(), false, false),
    ("both", server => server.DisableResourceValidation().IgnoreResourcePermissions(), false, true),
    ("both, and SetResources", server => server.DisableResourceValidation().IgnoreResourcePermissions(), true, true),
})
{
    JsonNode answer = await AskAsync(configure, copies);
    string? token = answer["access_token"]?.GetValue<string>();
    string? audience = token is null ? null : PayloadOf(token)["aud"]?.ToJsonString() ?? "absent";
    Console.WriteLine($"{name}: " + (token is null
        ? $"{answer["error"]}, {answer["error_uri"]}: {answer["error_description"]}"
        : $"issued, aud {audience}"));
    asStated &= issues == token is not null && (token is null || copies == (audience != "absent"));
}

return asStated ? 0 : 1;

static JsonNode PayloadOf(string token)
{
    string part = token.Split('.')[1].Replace('-', '+').Replace('_', '/');
    return JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(part.PadRight((part.Length + 3) / 4 * 4, '='))))!;
}

static async Task<JsonNode> AskAsync(Action<OpenIddictServerBuilder> configure, bool copies)
{
    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.UseUrls("http://127.0.0.1:0");
    builder.Services.AddAuthentication();
    string database = Guid.NewGuid().ToString();
    builder.Services.AddDbContext<DbContext>(options => options.UseInMemoryDatabase(database).UseOpenIddict());
    builder.Services.AddOpenIddict()
        .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<DbContext>())
        .AddServer(server =>
        {
            server.SetTokenEndpointUris("connect/token").AllowClientCredentialsFlow();
            server.AddEphemeralEncryptionKey().AddEphemeralSigningKey().DisableAccessTokenEncryption();
            server.UseAspNetCore().EnableTokenEndpointPassthrough().DisableTransportSecurityRequirement();
            configure(server);
        });
    await using WebApplication app = builder.Build();
    app.UseAuthentication();
    app.MapPost("connect/token", async context =>
    {
        OpenIddictRequest request = context.GetOpenIddictServerRequest()!;
        ClaimsIdentity identity = new(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        identity.SetClaim(Claims.Subject, request.ClientId);
        if (copies)
        {
            identity.SetResources(request.GetResources());
        }

        await context.SignInAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme, new ClaimsPrincipal(identity));
    });
    await using (AsyncServiceScope scope = app.Services.CreateAsyncScope())
    {
        await scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>().CreateAsync(new OpenIddictApplicationDescriptor
        {
            ClientId = "service",
            ClientSecret = "an-example-secret",
            ClientType = ClientTypes.Confidential,
            Permissions = { Permissions.Endpoints.Token, Permissions.GrantTypes.ClientCredentials },
        });
    }

    await app.StartAsync();
    using HttpClient client = new();
    using FormUrlEncodedContent form = new(new Dictionary<string, string>
    {
        ["grant_type"] = "client_credentials",
        ["client_id"] = "service",
        ["client_secret"] = "an-example-secret",
        ["resource"] = Resource,
    });
    using HttpResponseMessage response = await client.PostAsync(app.Urls.First() + "/connect/token", form);
    return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
}
CS
dotnet run -c Release
