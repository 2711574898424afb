using System.Collections.Immutable;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Reads claims out of a token's JSON.</summary>
internal static class TokenClaims
{
    /// <summary>
    /// A claim by its name; else, where the name has dots, by the path that they make: issuers nest roles, and use URLs as names.
    /// </summary>
    internal static JsonElement? Find(JsonElement claims, string name)
    {
        if (claims.TryGetProperty(name, out JsonElement whole))
        {
            return whole;
        }

        JsonElement at = claims;
        foreach (string step in name.Split('.'))
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(step, out at))
            {
                return null;
            }
        }

        return at;
    }

    /// <summary>The part of an identity that the first of these claims names that the token has.</summary>
    /// <param name="claims">The token's claims.</param>
    /// <param name="names">The claims, the first one first.</param>
    /// <param name="part">The part in its one spelling; null when no claim is there, or when it is empty.</param>
    /// <param name="wrong">Null, or what is wrong with the claim that is there, as a clause.</param>
    internal static bool TryReadPart(JsonElement claims, ImmutableArray<string> names, out string? part, out string? wrong)
    {
        part = null;
        wrong = null;
        foreach (string name in names)
        {
            if (Find(claims, name) is not JsonElement claim || claim.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (claim.ValueKind != JsonValueKind.String)
            {
                wrong = $"the token's claim '{name}' is not a text";
                return false;
            }

            string text = CallerIdentity.Normalize(claim.GetString()!);
            part = text.Length == 0 ? null : text;
            return true;
        }

        return true;
    }
}
