using System.Buffers;
using System.Collections.Frozen;

namespace Sluice.Mcp;

/// <summary>The names of methods: which are well formed, which are the protocol's, and which name an operation.</summary>
/// <remarks>Source: Model Context Protocol, revisions 2024-11-05 to 2026-07-28, schema.</remarks>
internal static class MethodNames
{
    internal const int MaxLength = 128;
    internal const string ToolsCall = "tools/call";
    internal const string PromptsGet = "prompts/get";
    internal const string ResourcesRead = "resources/read";
    internal const string SubscriptionsListen = "subscriptions/listen";
    internal const string NotificationPrefix = "notifications/";

    private static readonly SearchValues<char> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$./-");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Known = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        [
            ToolsCall, PromptsGet, ResourcesRead,
            "initialize", "ping", "server/discover", SubscriptionsListen,
            "tools/list", "prompts/list", "resources/list", "resources/templates/list",
            "resources/subscribe", "resources/unsubscribe", "completion/complete", "logging/setLevel",
            "tasks/get", "tasks/list", "tasks/result", "tasks/update", "tasks/cancel",
            "sampling/createMessage", "elicitation/create", "roots/list",
            "notifications/initialized", "notifications/cancelled", "notifications/progress", "notifications/message",
            "notifications/tools/list_changed", "notifications/prompts/list_changed",
            "notifications/resources/list_changed", "notifications/resources/updated",
            "notifications/roots/list_changed", "notifications/elicitation/complete", "notifications/tasks/status",
            "notifications/subscriptions/acknowledged",
        ]).GetAlternateLookup<ReadOnlySpan<char>>();

    internal static bool IsWellFormed(ReadOnlySpan<char> method) =>
        method.Length is >= 1 and <= MaxLength && !method.ContainsAnyExcept(Characters);

    /// <summary>The name of one of the protocol's methods, in whatever case the method was written; or null.</summary>
    internal static string? FindKnown(ReadOnlySpan<char> method) => Known.TryGetValue(method, out string? known) ? known : null;
}
