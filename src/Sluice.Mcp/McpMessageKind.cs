namespace Sluice.Mcp;

/// <summary>What a JSON-RPC message is.</summary>
public enum McpMessageKind
{
    /// <summary>A method and an id: it wants an answer.</summary>
    Request = 0,

    /// <summary>A method without an id: it wants none. It may still name a metered method, and then it is metered.</summary>
    Notification = 1,

    /// <summary>A result or an error: the answer to something that the server asked. Never metered.</summary>
    Response = 2,
}
