using System.Globalization;

namespace Sluice.Mcp;

/// <summary>Reads which of the two media types of MCP a client accepts.</summary>
/// <remarks>Source: RFC 9110, section 12.5.1: the most specific range decides, and a weight of zero excludes.</remarks>
internal static class AcceptHeader
{
    internal const string Json = "application/json";
    internal const string EventStream = "text/event-stream";

    /// <summary>Whether an answer must be an event stream: the client names that, and accepts no JSON in any way.</summary>
    /// <param name="accept">The header's value; null or empty for none, which accepts everything.</param>
    internal static bool WantsEventStream(string? accept) =>
        !string.IsNullOrWhiteSpace(accept)
        && Accepts(accept, EventStream) == true
        && !(Accepts(accept, Json) ?? Accepts(accept, "application/*") ?? Accepts(accept, "*/*") ?? false);

    /// <summary>Whether the header accepts or excludes exactly this range; null when it does not name it.</summary>
    private static bool? Accepts(ReadOnlySpan<char> accept, string range)
    {
        foreach (Range part in accept.Split(','))
        {
            ReadOnlySpan<char> entry = accept[part];
            int semicolon = entry.IndexOf(';');
            ReadOnlySpan<char> name = semicolon < 0 ? entry : entry[..semicolon];
            if (name.Trim().Equals(range, StringComparison.OrdinalIgnoreCase))
            {
                return semicolon < 0 || !IsExcluded(entry[(semicolon + 1)..]);
            }
        }

        return null;
    }

    private static bool IsExcluded(ReadOnlySpan<char> parameters)
    {
        foreach (Range part in parameters.Split(';'))
        {
            ReadOnlySpan<char> parameter = parameters[part].Trim();
            if (parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase))
            {
                return decimal.TryParse(
                    parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal weight)
                    && weight == 0;
            }
        }

        return false;
    }
}
