namespace Sluice.EndToEnd.Harness;

/// <summary>An error as a client hands it to its caller.</summary>
/// <remarks>The code is a number (JSON-RPC's, or HTTP's), a name of the client's own, or absent.</remarks>
internal sealed record SeenError(string Class, JsonValue? Code, string Message, JsonObject? Data, int? HttpStatus);
