using System.Collections.Immutable;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>What a caller was granted, by an issuer or by the gateway's own file.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class CallerClaims
{
    private const string ScopeClaim = "scope";
    private const string OtherScopeClaim = "scp";
    private readonly JsonElement? _token;
    private readonly ImmutableArray<string> _scopes;

    private CallerClaims(JsonElement? token, ImmutableArray<string> scopes)
    {
        _token = token;
        _scopes = scopes;
    }

    internal static CallerClaims None { get; } = new(null, []);

    /// <summary>The claims of a verified token.</summary>
    internal static CallerClaims OfToken(JsonElement claims) => new(claims, []);

    /// <summary>The scopes of an API key: all the claims that it has.</summary>
    internal static CallerClaims OfScopes(ImmutableArray<string> scopes) => new(null, scopes);

    /// <summary>Whether they are those of a token, which its holder can exchange for one with other scopes.</summary>
    internal bool AreOfToken => _token is not null;

    /// <summary>The scopes of the token or the key.</summary>
    internal IEnumerable<string> Scopes => _token is not JsonElement token
        ? _scopes
        : new[] { ScopeClaim, OtherScopeClaim }
            .SelectMany(name => TokenClaims.Find(token, name) is JsonElement claim ? ValuesOf(claim, isScope: true) : [])
            .Distinct();

    /// <summary>Whether a claim is a list of scopes with spaces between, as OAuth writes it.</summary>
    /// <remarks>Source: RFC 8693, section 4.2; <c>scp</c> is what some issuers write instead.</remarks>
    internal static bool IsScope(string claim) => claim is ScopeClaim or OtherScopeClaim;

    /// <summary>Whether the claim has one of the values; texts compare exactly.</summary>
    internal bool HasAny(string claim, ImmutableArray<string> values)
    {
        if (claim == ScopeClaim && _scopes.Any(scope => values.Contains(scope)))
        {
            return true;
        }

        return _token is JsonElement token
            && TokenClaims.Find(token, claim) is JsonElement found
            && ValuesOf(found, IsScope(claim)).Any(value => values.Contains(value));
    }

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
