using System.Diagnostics.CodeAnalysis;

namespace Sluice;

/// <summary>One part of the key by which a limit counts: the tenant, the user, the client, or a verified claim of the caller.</summary>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record LimitKeyPart
{
    /// <summary>The longest name of a claim, in characters.</summary>
    public const int MaxClaimLength = 256;

    private const string ClaimPrefix = "claim:";
    private static readonly string[] Invented =
        ["header", "headers", "session", "sessionId", "session_id", "ip", "address", "clientInfo", "_meta", "meta", "cookie", "query"];

    private LimitKeyPart(string word, string? claim)
    {
        Word = word;
        Claim = claim;
    }

    /// <summary>The caller's tenant.</summary>
    public static LimitKeyPart Tenant { get; } = new("tenant", null);

    /// <summary>The caller's user, who belongs to a tenant where <see cref="CallerIdentity.UserSpansTenants"/> is not set.</summary>
    public static LimitKeyPart User { get; } = new("user", null);

    /// <summary>The OAuth client or agent that calls.</summary>
    public static LimitKeyPart Client { get; } = new("client", null);

    /// <summary>The name of the claim; null for the other parts.</summary>
    public string? Claim { get; }

    private string Word { get; }

    /// <summary>The values of a claim, all together: two callers share a bucket when they have the same set of values.</summary>
    /// <param name="name">The claim's name, without surrounding white space; it compares exactly.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    /// <exception cref="ArgumentException">The name has no character, more than 256, or a control character.</exception>
    public static LimitKeyPart OfClaim(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return WhyNotAClaim(name.Trim()) is string wrong ? throw new ArgumentException(wrong, nameof(name)) : new("claim", name.Trim());
    }

    /// <summary>Reads a part as the configuration spells it, or says why the text is not a part.</summary>
    /// <param name="text"><c>user</c>, <c>tenant</c>, <c>client</c> or <c>claim:NAME</c>.</param>
    /// <param name="part">The part, or null.</param>
    /// <param name="error">Null, or what is wrong: the text, the rule and the way out.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text, [NotNullWhen(true)] out LimitKeyPart? part, [NotNullWhen(false)] out string? error)
    {
        string trimmed = (text ?? "").Trim();
        part = trimmed switch
        {
            "tenant" => Tenant,
            "user" => User,
            "client" => Client,
            _ => null,
        };
        error = null;
        if (part is null && trimmed.StartsWith(ClaimPrefix, StringComparison.Ordinal))
        {
            string name = trimmed[ClaimPrefix.Length..].Trim();
            error = WhyNotAClaim(name);
            part = error is null ? new("claim", name) : null;
        }
        else if (part is null)
        {
            string shown = trimmed.Length > 64 ? trimmed[..64] + "…" : trimmed;
            error = Invented.Contains(trimmed.Split(':')[0], StringComparer.OrdinalIgnoreCase)
                ? $"'{shown}' cannot be part of a key: callers invent headers, sessions and addresses, and would choose their own bucket. "
                    + "Use user, tenant, client or claim:NAME; auth.trustedProxy.claimHeaders makes a claim of a header that a trusted proxy sets."
                : $"'{shown}' is not part of a key. Use user, tenant, client or claim:NAME.";
        }

        return part is not null;
    }

    /// <summary>The part as the configuration spells it: <c>user</c>, <c>claim:team</c>.</summary>
    public override string ToString() => Claim is null ? Word : ClaimPrefix + Claim;

    /// <summary>Null, or why a text cannot be the name of a claim.</summary>
    internal static string? WhyNotAClaim(string name) =>
        name.Length is < 1 or > MaxClaimLength ? $"A claim's name has 1 to {MaxClaimLength} characters, and this one has {name.Length}. Write one such as claim:team."
        : name.Any(char.IsControl) ? "A claim's name holds a control character. Remove it."
        : null;

    /// <summary>The place of the part in a key: tenant, user, client, then claims by name.</summary>
    internal int Rank => Word switch { "tenant" => 0, "user" => 1, "client" => 2, _ => 3 };
}
