using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads a list of values of the header <c>Origin</c>.</summary>
internal static class OriginReader
{
    private const string Advice =
        "Write one such as vscode-webview://*, tauri://localhost or http://*.localhost:3000, without a path.";

    /// <summary>The origins that could be read.</summary>
    internal static ImmutableArray<AllowedOrigin> ReadAll(FieldReader reader, string field) =>
        [.. reader.Texts(field, WhyNotAnOrigin).Select(text => AllowedOrigin.Parse(text)!)];

    private static string? WhyNotAnOrigin(string text)
    {
        if (text == "null")
        {
            return $"is what every sandboxed page sends, so that any page could call. {Advice}";
        }

        if (AllowedOrigin.Parse(text) is not AllowedOrigin origin)
        {
            return $"{Shown.Quote(text)} is not an origin. {Advice}";
        }

        bool isWeb = origin.Scheme is "http" or "https";
        return origin.Host is null && isWeb ? $"allows every page of the web. {Advice}" : null;
    }
}
