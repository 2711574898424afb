namespace Sluice.Gateway;

/// <summary>The requests that clients send.</summary>
/// <remarks>Source: Model Context Protocol, revisions 2025-11-25 and 2026-07-28.</remarks>
internal static class McpMethods
{
    /// <summary>Those that a limit can be on.</summary>
    internal static readonly string[] Limitable =
    [
        "tools/call", "tools/list", "prompts/get", "prompts/list", "resources/list", "resources/read", "resources/templates/list",
        "resources/subscribe", "resources/unsubscribe", "completion/complete", "logging/setLevel", "tasks/get", "tasks/list", "tasks/result",
        "tasks/update", "subscriptions/listen",
    ];

    /// <summary>Whether a method is one of the protocol, in whatever case it is written.</summary>
    internal static bool IsKnown(string method) =>
        Methods.IsNeverLimited(method) || Limitable.Contains(method.Trim(), StringComparer.OrdinalIgnoreCase);

    /// <summary>The way out for a method that is not known.</summary>
    internal static string Advice(string method) => NearestName.Advice(method, Limitable);
}
