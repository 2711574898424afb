using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>A configuration as operators may see it.</summary>
/// <remarks>
/// Nothing is shown that is not named here, so a new setting that is secret stays secret. In place of secrets and of paths of the
/// machine there is <see cref="Hidden"/>; of keys and of overrides for named users there is the number.
/// </remarks>
internal static class ConfigDocument
{
    private const string Hidden = "***";

    internal static JsonElement Of(GatewayConfiguration configuration)
    {
        JsonObject document = new()
        {
            ["listen"] = Authority(configuration.Listen),
            ["tls"] = configuration.Tls is null ? null : new JsonObject { ["certificate"] = Hidden, ["key"] = Hidden },
            ["auth"] = Of(configuration.Auth),
            ["cors"] = new JsonObject { ["origins"] = Texts(configuration.CorsOrigins.Select(Text)) },
            ["store"] = Of(configuration.Store),
            ["streams"] = new JsonObject
            {
                ["perUser"] = configuration.Streams.PerUser,
                ["total"] = configuration.Streams.Total,
                ["maxAge"] = RateText.Duration(configuration.Streams.MaxAge),
                ["keepAlive"] = RateText.Duration(configuration.Streams.KeepAlive),
            },
            ["stop"] = new JsonObject
            {
                ["delay"] = RateText.Duration(configuration.Stop.Delay),
                ["drain"] = RateText.Duration(configuration.Stop.Drain),
            },
            ["admin"] = configuration.Admin is not AdminConfiguration admin ? null : new JsonObject
            {
                ["listen"] = Authority(admin.Listen),
                ["token"] = admin.Token is null ? null : Hidden,
            },
            ["audit"] = configuration.Audit is not AuditConfiguration audit ? null : new JsonObject
            {
                ["file"] = audit.File is null ? null : Hidden,
                ["rotate"] = audit.File?.RotateBytes,
                ["keep"] = audit.File?.Keep,
                ["identities"] = audit.ShowsIdentities ? "clear" : "hashed",
            },
            ["record"] = configuration.Record is not LogFileConfiguration record ? null : new JsonObject
            {
                ["file"] = Hidden,
                ["rotate"] = record.RotateBytes,
                ["keep"] = record.Keep,
            },
            ["decisionIds"] = configuration.DecisionIds,
            ["compat"] = configuration.ToolHive is null ? null : "toolhive",
            ["servers"] = new JsonArray([.. configuration.Servers.Select(Of)]),
        };
        return JsonSerializer.SerializeToElement(document, ApiJson.Default.JsonObject);
    }

    private static JsonObject Of(AuthConfiguration auth) => new()
    {
        ["apiKeys"] = auth.ApiKeys.Count,
        ["jwt"] = new JsonArray([.. auth.JwtIssuers.Select(issuer => new JsonObject
        {
            ["issuer"] = issuer.KeyFile is null ? issuer.Issuer : Hidden,
            ["keys"] = issuer.KeyFile is null ? "issuer" : Hidden,
            ["userClaim"] = issuer.UserClaim,
            ["tenantClaims"] = Texts(issuer.TenantClaims),
            ["clientClaims"] = Texts(issuer.ClientClaims),
        })]),
        ["trustedProxy"] = auth.TrustedProxy is not TrustedProxy proxy ? null : new JsonObject
        {
            ["from"] = Texts(proxy.From.Select(network => network.ToString())),
            ["userHeader"] = proxy.UserHeader,
            ["tenantHeader"] = proxy.TenantHeader,
            ["clientHeader"] = proxy.ClientHeader,
            ["claimHeaders"] = Texts(proxy.ClaimHeaders.Select(claim => claim.Key)),
        },
        ["publicUrl"] = auth.PublicUrl is Uri url ? Authority(url) : null,
        ["failures"] = auth.Failures.ToString(),
        ["anonymous"] = auth.AllowsAnonymous,
        ["userAcrossTenants"] = auth.UserAcrossTenants,
    };

    private static JsonObject Of(StoreConfiguration store) => store.Redis is null
        ? new JsonObject { ["kind"] = "memory", ["maxKeys"] = store.MaxKeys }
        : new JsonObject
        {
            ["kind"] = "redis",
            ["redis"] = Hidden,
            ["database"] = store.Database ?? 0,
            ["keyPrefix"] = store.KeyPrefix,
            ["timeout"] = RateText.Duration(store.Timeout),
            ["rememberRefusals"] = RateText.Duration(store.RememberRefusals),
            ["layout"] = store.IsSpread ? "spread" : "compact",
            ["maxKeys"] = store.MaxKeys,
            ["expectedReplicas"] = store.ExpectedReplicas,
            ["shares"] = store.Shares is SharesConfiguration shares
                ? new JsonObject { ["ttl"] = RateText.Duration(shares.Ttl), ["minCapacity"] = shares.MinCapacity }
                : null,
        };

    private static JsonObject Of(ServerConfiguration server) => new()
    {
        ["name"] = server.Name,
        ["path"] = server.Path,
        ["upstream"] = server.Upstream switch
        {
            HttpUpstreamConfiguration http => Authority(http.Address),
            VirtualUpstreamConfiguration => "virtual",
            _ => "stdio",
        },
        ["backends"] = server.Upstream is VirtualUpstreamConfiguration several
            ? new JsonArray([.. several.Backends.Select(backend => (JsonNode)backend.Server)])
            : null,
        ["timeout"] = RateText.Duration(server.Timeout),
        ["maxRequestBytes"] = server.MaxRequestBytes,
        ["strictHeaders"] = server.StrictHeaders,
        ["usage"] = server.Usage,
        ["headers"] = new JsonObject(server.Headers.Select(header => KeyValuePair.Create<string, JsonNode?>(header.Key, Hidden))),
        ["scopes"] = Texts(server.Scopes),
        ["allow"] = server.Allow?.Length,
        ["rateLimiting"] = server.Policy is RateLimitPolicy policy ? Of(policy) : null,
    };

    private static JsonObject Of(RateLimitPolicy policy)
    {
        RateLimitingSettings settings = policy.Settings;
        return new JsonObject
        {
            ["limits"] = new JsonArray([.. policy.Limits.DistinctBy(limit => limit.Name, StringComparer.Ordinal).Select(limit => new JsonObject
            {
                ["limit"] = limit.Name,
                ["text"] = LimitsResource.Text(limit),
                ["mode"] = limit.Mode == LimitMode.Permissive ? "permissive" : "enforce",
                ["overrides"] = policy.Limits.Count(other => other.Name == limit.Name) - 1,
            })]),
            ["cost"] = settings.Cost,
            ["wait"] = RateText.Duration(settings.Wait),
            ["maxWaiting"] = settings.MaxWaiting,
            ["meter"] = Word(settings.Meter),
            ["missingIdentity"] = Word(settings.MissingIdentity),
            ["onStoreFailure"] = Word(settings.OnStoreFailure),
            ["shares"] = settings.Shares,
            ["rejection"] = Word(settings.Rejection),
            ["errorCode"] = settings.ErrorCode,
            ["caseSensitive"] = settings.CaseSensitive,
        };
    }

    // What follows the authority may be a secret, as in the addresses of webhooks.
    private static string Authority(Uri address) => address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);

    private static string Text(AllowedOrigin origin) =>
        $"{origin.Scheme}://{(origin.IsSuffix ? "*." : "")}{origin.Host ?? "*"}{(origin.Port is int port ? $":{port}" : "")}";

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
