namespace Sluice.Mcp;

/// <summary>Why bytes are not one well-formed message, and what to answer.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The code of the JSON-RPC error.</param>
/// <param name="Message">The rule that was broken; it repeats nothing of what was sent.</param>
/// <param name="Id">The id as the very bytes of its JSON, if one could be read; else empty.</param>
public sealed record McpReadError(int Status, int Code, string Message, ReadOnlyMemory<byte> Id)
{
    /// <summary>The bytes are not JSON.</summary>
    public const int ParseError = -32700;

    /// <summary>The JSON is not one JSON-RPC message.</summary>
    public const int InvalidRequest = -32600;

    /// <summary>The message lacks what its method needs.</summary>
    public const int InvalidParams = -32602;

    /// <summary>The headers disagree with the message.</summary>
    public const int HeaderMismatch = -32020;
}
