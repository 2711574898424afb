namespace Sluice;

/// <summary>How a rejection looks on the wire.</summary>
public enum RejectionForm
{
    /// <summary><see cref="Http429"/> for clients of the modern protocol era, <see cref="JsonRpc"/> for legacy ones.</summary>
    Auto = 0,

    /// <summary>HTTP 429 with a JSON-RPC error as its body.</summary>
    Http429 = 1,

    /// <summary>HTTP 200 with a JSON-RPC error as its body.</summary>
    JsonRpc = 2,

    /// <summary>A <c>tools/call</c> result with <c>isError: true</c>, for hosts that want the model to see it.</summary>
    ToolResult = 3,
}
