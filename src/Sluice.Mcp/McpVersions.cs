using System.Globalization;

namespace Sluice.Mcp;

/// <summary>What a protocol version means.</summary>
public static class McpVersions
{
    /// <summary>The first revision of the modern era.</summary>
    public const string FirstModern = "2026-07-28";

    /// <summary>The header in which a client of either era repeats the version.</summary>
    public const string HeaderName = "MCP-Protocol-Version";

    private const int MaxLength = 32;

    /// <summary>The era of a version; versions are dates, and anything else is <see cref="McpEra.Legacy"/>.</summary>
    public static McpEra EraOf(string? version) =>
        DateOnly.TryParseExact(version, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        && string.CompareOrdinal(version, FirstModern) >= 0
            ? McpEra.Modern
            : McpEra.Legacy;

    /// <summary>The version in the current token, or null for a string that is longer than any version.</summary>
    internal static string? Read(in JsonTokens tokens) =>
        !tokens.IsText ? null
        : tokens.TextEquals("2026-07-28"u8) ? FirstModern
        : tokens.Raw.Length <= MaxLength ? tokens.GetText()
        : null;
}
