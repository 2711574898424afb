namespace Sluice;

/// <summary>The methods of the Model Context Protocol that a policy knows by name.</summary>
/// <remarks>Source: Model Context Protocol, revisions 2025-11-25 and 2026-07-28.</remarks>
internal static class Methods
{
    internal const string ToolsCall = "tools/call";
    internal const string PromptsGet = "prompts/get";
    internal const string ResourcesRead = "resources/read";

    // A rejected server/discover silently downgrades clients to the legacy era; the others end a session.
    private static readonly string[] NeverLimited = ["initialize", "server/discover", "ping", "tasks/cancel"];

    /// <summary>The kind of operation that a method names, or <see cref="OperationKind.Method"/> for a method without one.</summary>
    internal static OperationKind KindOf(ReadOnlySpan<char> method) =>
        EqualsIgnoreCase(method, ToolsCall) ? OperationKind.Tool
        : EqualsIgnoreCase(method, PromptsGet) ? OperationKind.Prompt
        : EqualsIgnoreCase(method, ResourcesRead) ? OperationKind.Resource
        : OperationKind.Method;

    /// <summary>The method that names operations of a kind.</summary>
    internal static string Of(OperationKind kind) => kind switch
    {
        OperationKind.Tool => ToolsCall,
        OperationKind.Prompt => PromptsGet,
        OperationKind.Resource => ResourcesRead,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind that a method names."),
    };

    /// <summary>Whether rejecting the method breaks clients, so that no limit may be on it.</summary>
    internal static bool IsNeverLimited(ReadOnlySpan<char> method)
    {
        foreach (string name in NeverLimited)
        {
            if (EqualsIgnoreCase(method, name))
            {
                return true;
            }
        }

        return method.StartsWith("notifications/", StringComparison.OrdinalIgnoreCase);
    }

    private static bool EqualsIgnoreCase(ReadOnlySpan<char> method, string name) =>
        System.Text.Ascii.EqualsIgnoreCase(method.Trim(), name);
}
