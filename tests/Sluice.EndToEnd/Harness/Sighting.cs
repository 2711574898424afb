using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>What the user of a client sees of one call.</summary>
/// <param name="Shape">The class of an error and its number, an exit code, or what kind of result it is.</param>
/// <param name="Text">The message, or the text of the result.</param>
/// <param name="Rejection">The rejection's <c>code</c>, <c>message</c> and <c>data</c>, where the client hands them on.</param>
internal sealed record Sighting(string Shape, string Text, JsonElement? Rejection = null)
{
    /// <summary>The JSON-RPC error in what a client quotes of a body.</summary>
    internal static JsonElement? RejectionIn(string quoted)
    {
        int start = quoted.IndexOf("{\"jsonrpc\"", StringComparison.Ordinal);
        return start < 0 ? null : JsonSerializer.Deserialize<JsonElement>(quoted[start..]).GetProperty("error");
    }
}
