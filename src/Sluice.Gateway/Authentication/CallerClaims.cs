using System.Collections.Immutable;
using System.Text.Json;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>What a caller was granted, by an issuer or by the gateway's own file.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class CallerClaims
{
    private const string ScopeClaim = "scope";
    private const string OtherScopeClaim = "scp";
    private readonly JsonElement? _token;
    private readonly ImmutableDictionary<string, ImmutableArray<string>> _stated;

    private CallerClaims(JsonElement? token, ImmutableDictionary<string, ImmutableArray<string>> stated)
    {
        _token = token;
        _stated = stated;
    }

    internal static CallerClaims None { get; } = Of(ImmutableDictionary<string, ImmutableArray<string>>.Empty);

    /// <summary>The claims of a verified token.</summary>
    internal static CallerClaims OfToken(JsonElement claims) => new(claims, None._stated);

    /// <summary>The claims that the file or a trusted proxy states.</summary>
    internal static CallerClaims Of(ImmutableDictionary<string, ImmutableArray<string>> stated) => new(null, stated);

    /// <summary>The claims of an API key, its scopes among them.</summary>
    internal static CallerClaims OfKey(ApiKeyGrant key) => Of(StatedOf(key));

    /// <summary>The claims of an API key by name, its scopes among them.</summary>
    internal static ImmutableDictionary<string, ImmutableArray<string>> StatedOf(ApiKeyGrant key) => key.Scopes.IsEmpty
        ? key.Claims
        : key.Claims.SetItem(ScopeClaim, [.. key.Claims.GetValueOrDefault(ScopeClaim, []), .. key.Scopes]);

    /// <summary>The same caller with those of some claims that it has.</summary>
    internal CallerIdentity AddTo(CallerIdentity caller, ImmutableArray<string> names) =>
        names.Aggregate(caller, (known, name) => ValuesOf(name) is { Length: > 0 } values ? known.WithClaim(name, values) : known);

    /// <summary>Whether they are those of a token, which its holder can exchange for one with other scopes.</summary>
    internal bool AreOfToken => _token is not null;

    /// <summary>The scopes of the token or the key.</summary>
    internal IEnumerable<string> Scopes => _token is not JsonElement token
        ? _stated.GetValueOrDefault(ScopeClaim, [])
        : new[] { ScopeClaim, OtherScopeClaim }
            .SelectMany(name => TokenClaims.Find(token, name) is JsonElement claim ? ValuesOf(claim, isScope: true) : [])
            .Distinct();

    /// <summary>Whether a claim is a list of scopes with spaces between, as OAuth writes it.</summary>
    /// <remarks>Source: RFC 8693, section 4.2; <c>scp</c> is what some issuers write instead.</remarks>
    internal static bool IsScope(string claim) => claim is ScopeClaim or OtherScopeClaim;

    /// <summary>Whether the claim has one of the values; texts compare exactly.</summary>
    internal bool HasAny(string claim, ImmutableArray<string> values) => ValuesOf(claim).Any(value => values.Contains(value));

    private string[] ValuesOf(string claim) => _token is not JsonElement token ? [.. _stated.GetValueOrDefault(claim, [])]
        : TokenClaims.Find(token, claim) is JsonElement found ? [.. ValuesOf(found, IsScope(claim))]
        : [];

    private static IEnumerable<string> ValuesOf(JsonElement claim, bool isScope) => claim.ValueKind switch
    {
        JsonValueKind.Array => claim.EnumerateArray()
            .Where(item => item.ValueKind != JsonValueKind.Array)
            .SelectMany(item => ValuesOf(item, isScope)),
        JsonValueKind.String when isScope => claim.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        JsonValueKind.String => [claim.GetString()!],
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => [claim.GetRawText()],
        _ => [],
    };
}
