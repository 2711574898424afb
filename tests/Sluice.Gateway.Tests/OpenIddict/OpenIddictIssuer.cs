using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Sluice.Gateway.Tests;

/// <summary>A real authorization server on loopback, which signs everybody in as alice.</summary>
internal sealed class OpenIddictIssuer : IAsyncDisposable
{
    internal const string PublicClient = "desktop";
    internal const string Service = "service";
    internal const string ServiceSecret = "the-secret-of-the-service";
    internal const string RedirectUri = "http://127.0.0.1:1/callback";
    internal const string User = "alice";
    internal const string Scope = "mcp:use";
    internal const string OtherScope = "mcp:search";
    private readonly WebApplication _application;

    private OpenIddictIssuer(WebApplication application) => _application = application;

    /// <summary>The issuer, which ends with a slash, as OpenIddict has it.</summary>
    internal string Issuer => _application.Urls.First() + "/";

    internal Uri TokenEndpoint => new(Issuer + "connect/token");

    /// <summary>The paths that were asked for.</summary>
    internal ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>Starts it.</summary>
    /// <param name="signsOnly">Whether access tokens are signed and not encrypted too.</param>
    internal static async Task<OpenIddictIssuer> StartAsync(bool signsOnly = true)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Services.AddAuthentication();
        string database = Guid.NewGuid().ToString();
        builder.Services.AddDbContext<DbContext>(options => options.UseInMemoryDatabase(database).UseOpenIddict());
        builder.Services.AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<DbContext>())
            .AddServer(server =>
            {
                server.SetAuthorizationEndpointUris("connect/authorize").SetTokenEndpointUris("connect/token");
                server.AllowAuthorizationCodeFlow().AllowRefreshTokenFlow().AllowClientCredentialsFlow();
                server.RegisterScopes(Scope, OtherScope, Scopes.OfflineAccess);
                server.AddEphemeralEncryptionKey().AddEphemeralSigningKey();
                server.DisableResourceValidation().IgnoreResourcePermissions();
                if (signsOnly)
                {
                    server.DisableAccessTokenEncryption();
                }

                server.UseAspNetCore()
                    .EnableAuthorizationEndpointPassthrough()
                    .EnableTokenEndpointPassthrough()
                    .DisableTransportSecurityRequirement();
            });
        WebApplication application = builder.Build();
        OpenIddictIssuer issuer = new(application);
        application.Use((context, next) =>
        {
            issuer.Asked.Enqueue(context.Request.Path.Value!);
            return next(context);
        });
        application.UseAuthentication();
        application.MapGet("connect/authorize", SignIn);
        application.MapPost("connect/token", (Delegate)ExchangeAsync);
        await AddClientsAsync(application.Services);
        await application.StartAsync();
        return issuer;
    }

    /// <summary>Begins to sign by a new key, and publishes that one alone.</summary>
    internal void Rotate()
    {
        RsaSecurityKey key = new(RSA.Create(2_048)) { KeyId = Guid.NewGuid().ToString() };
        List<SigningCredentials> credentials = _application.Services
            .GetRequiredService<IOptionsMonitor<OpenIddictServerOptions>>().CurrentValue.SigningCredentials;
        credentials.Clear();
        credentials.Add(new SigningCredentials(key, SecurityAlgorithms.RsaSha256));
    }

    /// <summary>A token of the service, by the client credentials flow.</summary>
    internal Task<string> TokenForAsync(HttpClient client, params string[] resources) => RequestAsync(
        client,
        [
            new("grant_type", GrantTypes.ClientCredentials),
            new("client_id", Service),
            new("client_secret", ServiceSecret),
            .. resources.Select(resource => KeyValuePair.Create("resource", resource)),
        ],
        "access_token");

    /// <summary>Asks the token endpoint, and returns one field of its answer.</summary>
    internal async Task<string> RequestAsync(HttpClient client, IEnumerable<KeyValuePair<string, string>> form, string field)
    {
        using FormUrlEncodedContent content = new(form);
        using HttpResponseMessage response = await client.PostAsync(TokenEndpoint, content);
        string body = await response.Content.ReadAsStringAsync();
        return JsonNode.Parse(body)![field].ShouldNotBeNull(body).GetValue<string>();
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static async Task AddClientsAsync(IServiceProvider services)
    {
        await using AsyncServiceScope scope = services.CreateAsyncScope();
        IOpenIddictApplicationManager manager = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        await manager.CreateAsync(new OpenIddictApplicationDescriptor
        {
            ClientId = PublicClient,
            ClientType = ClientTypes.Public,
            RedirectUris = { new Uri(RedirectUri) },
            Permissions =
            {
                Permissions.Endpoints.Authorization, Permissions.Endpoints.Token, Permissions.GrantTypes.AuthorizationCode,
                Permissions.GrantTypes.RefreshToken, Permissions.ResponseTypes.Code, Permissions.Prefixes.Scope + Scope,
                Permissions.Prefixes.Scope + OtherScope,
            },
            Requirements = { Requirements.Features.ProofKeyForCodeExchange },
        });
        await manager.CreateAsync(new OpenIddictApplicationDescriptor
        {
            ClientId = Service,
            ClientSecret = ServiceSecret,
            Permissions = { Permissions.Endpoints.Token, Permissions.GrantTypes.ClientCredentials },
        });
    }

    private static IResult SignIn(HttpContext context)
    {
        OpenIddictRequest request = context.GetOpenIddictServerRequest()!;
        return Results.SignIn(
            PrincipalOf(User, request.GetScopes(), request.GetResources()),
            properties: null,
            OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private static async Task<IResult> ExchangeAsync(HttpContext context)
    {
        OpenIddictRequest request = context.GetOpenIddictServerRequest()!;
        ClaimsPrincipal principal = request.IsClientCredentialsGrantType()
            ? PrincipalOf(Service, request.GetScopes(), request.GetResources())
            : (await context.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme)).Principal!;
        return Results.SignIn(principal, properties: null, OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private static ClaimsPrincipal PrincipalOf(string user, ImmutableArray<string> scopes, ImmutableArray<string> resources)
    {
        ClaimsIdentity identity = new("tests");
        identity.SetClaim(Claims.Subject, user).SetScopes(scopes).SetResources(resources);
        identity.SetDestinations(_ => [Destinations.AccessToken]);
        return new ClaimsPrincipal(identity);
    }
}
