using System.Buffers.Text;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>A JSON Web Token as somebody sent it: what it says of itself, none of which is true yet.</summary>
/// <param name="Header">The header's JSON object.</param>
/// <param name="Claims">The claims' JSON object.</param>
/// <remarks>
/// <para>Source: RFC 7519, section 7.2, and RFC 7515, section 4: duplicate names are refused.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed record UnverifiedToken(JsonElement Header, JsonElement Claims)
{
    /// <summary>The longest token that is looked at.</summary>
    internal const int MaxLength = 16 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The text of a header field or claim; null when it is absent or no text.</summary>
    internal static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Whether a text has the shape of a token, so that it is no API key.</summary>
    internal static bool IsOne(string text) => text.Length > MaxLength ? text.Count(c => c == '.') == 2 : Read(text) is not null;

    /// <summary>The token, or null when the text is none.</summary>
    internal static UnverifiedToken? Read(string text)
    {
        int headerEnd = text.IndexOf('.');
        int claimsEnd = text.IndexOf('.', headerEnd + 1);
        bool hasThreeParts = headerEnd > 0 && claimsEnd > headerEnd && text.IndexOf('.', claimsEnd + 1) < 0;
        return hasThreeParts
            && ReadPart(text.AsSpan(0, headerEnd)) is JsonElement header
            && header.TryGetProperty("alg", out _)
            && ReadPart(text.AsSpan(headerEnd + 1, claimsEnd - headerEnd - 1)) is JsonElement claims
                ? new(header, claims)
                : null;
    }

    private static JsonElement? ReadPart(ReadOnlySpan<char> part)
    {
        if (!Base64Url.IsValid(part))
        {
            return null;
        }

        try
        {
            JsonElement json = JsonElement.Parse(Base64Url.DecodeFromChars(part), Strict);
            return json.ValueKind == JsonValueKind.Object ? json : null;
        }
        catch (JsonException)
        {
            return null; // Whatever it is, it is no token.
        }
    }
}
