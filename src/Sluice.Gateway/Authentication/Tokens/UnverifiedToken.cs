using System.Buffers.Text;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>A JSON Web Token as it was sent: nothing of what it says is verified yet.</summary>
/// <param name="Header">The header's JSON object.</param>
/// <param name="Claims">The claims' JSON object.</param>
/// <remarks>
/// <para>Source: RFC 7519, section 7.2, and RFC 7515, section 4: duplicate names are rejected.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed record UnverifiedToken(JsonElement Header, JsonElement Claims)
{
    /// <summary>The longest token that is looked at.</summary>
    internal const int MaxLength = 16 * 1024;

    private const int SignedParts = 3;
    private const int EncryptedParts = 5;
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The text of a header field or claim; null when it is absent or no text.</summary>
    internal static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Whether a text has the shape of a token, signed or encrypted, so that it is no API key.</summary>
    internal static bool LooksLikeOne(string text) => text.Length > MaxLength
        ? PartsOf(text) is SignedParts or EncryptedParts
        : IsEncrypted(text) || Read(text) is not null;

    /// <summary>Whether a text is an encrypted token, which only its addressee can read.</summary>
    /// <remarks>Source: RFC 7516, sections 3.1 and 4.1.2.</remarks>
    internal static bool IsEncrypted(string text) =>
        PartsOf(text) == EncryptedParts
        && ReadPart(text.AsSpan(0, text.IndexOf('.'))) is JsonElement header
        && header.TryGetProperty("enc", out _);

    /// <summary>The token, or null when the text is not one.</summary>
    internal static UnverifiedToken? Read(string text)
    {
        int headerEnd = text.IndexOf('.');
        int claimsEnd = text.IndexOf('.', headerEnd + 1);
        return PartsOf(text) == SignedParts
            && ReadPart(text.AsSpan(0, headerEnd)) is JsonElement header
            && header.TryGetProperty("alg", out _)
            && ReadPart(text.AsSpan(headerEnd + 1, claimsEnd - headerEnd - 1)) is JsonElement claims
                ? new(header, claims)
                : null;
    }

    private static int PartsOf(string text) => text.AsSpan().Count('.') + 1;

    private static JsonElement? ReadPart(ReadOnlySpan<char> part)
    {
        if (part.IsEmpty || !Base64Url.IsValid(part))
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
            return null; // The text is no token.
        }
    }
}
