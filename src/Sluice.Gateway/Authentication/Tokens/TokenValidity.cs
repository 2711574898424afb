using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>When a token is valid.</summary>
/// <param name="Expires">The claim <c>exp</c>; null when it is absent.</param>
/// <param name="Begins">The claim <c>nbf</c>, likewise.</param>
/// <remarks>Source: RFC 7519, sections 2 (NumericDate), 4.1.4 and 4.1.5.</remarks>
internal readonly record struct TokenValidity(DateTimeOffset? Expires, DateTimeOffset? Begins)
{
    /// <summary>By how much the clocks of an issuer and of the gateway may differ.</summary>
    internal static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    // The years 1 and 9999, beyond which no calendar here goes.
    private const double FirstSecond = -62_135_596_800;
    private const double LastSecond = 253_402_300_799;

    /// <summary>Reads the claims; null when one of them is not a time.</summary>
    internal static TokenValidity? Read(JsonElement claims) =>
        TryReadTime(claims, "exp", out DateTimeOffset? expires) && TryReadTime(claims, "nbf", out DateTimeOffset? begins)
            ? new TokenValidity(expires, begins)
            : null;

    /// <summary>Null, or why the token is not valid now, as a clause.</summary>
    internal string? WhyNotAt(DateTimeOffset now) =>
        Expires is null ? "the token never expires, which is not accepted"
        : now - ClockSkew >= Expires ? "the token has expired"
        : now + ClockSkew < Begins ? "the token is not valid yet"
        : null;

    private static bool TryReadTime(JsonElement claims, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!claims.TryGetProperty(name, out JsonElement claim))
        {
            return true;
        }

        if (claim.ValueKind == JsonValueKind.Number && claim.TryGetDouble(out double seconds) && seconds is >= FirstSecond and <= LastSecond)
        {
            time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        }

        return time is not null;
    }
}
