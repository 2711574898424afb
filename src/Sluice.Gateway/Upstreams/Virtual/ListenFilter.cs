namespace Sluice.Gateway;

/// <summary>What a <c>subscriptions/listen</c> asks for.</summary>
/// <param name="Changes">The notifications about changed lists.</param>
/// <param name="Uris">The resources, by the URIs of who asks.</param>
/// <remarks>Source: Model Context Protocol, revision 2026-07-28, Subscriptions.</remarks>
internal sealed record ListenFilter(IReadOnlyCollection<string> Changes, IReadOnlyCollection<string> Uris)
{
    internal const string Method = "subscriptions/listen";
    internal const string ResourceUpdated = "notifications/resources/updated";
    internal const string Acknowledged = "notifications/subscriptions/acknowledged";
    private const string Subscriptions = "resourceSubscriptions";

    private static readonly (string Field, string Notification, BackendCapabilities Capability)[] All =
    [
        ("toolsListChanged", "notifications/tools/list_changed", BackendCapabilities.ToolsListChanged),
        ("promptsListChanged", "notifications/prompts/list_changed", BackendCapabilities.PromptsListChanged),
        ("resourcesListChanged", "notifications/resources/list_changed", BackendCapabilities.ResourcesListChanged),
    ];

    /// <summary>Whether nothing is asked for.</summary>
    internal bool IsEmpty => Changes.Count + Uris.Count == 0;

    /// <summary>Reads the value of <c>params</c>; null where <c>notifications</c> is missing or is none.</summary>
    internal static ListenFilter? Read(ReadOnlySpan<byte> parameters)
    {
        if (JsonMembers.Of(parameters)?.ValueOf("notifications") is not Range part
            || JsonMembers.Of(parameters[part]) is not List<JsonMember> asked)
        {
            return null;
        }

        List<string> changes = [];
        foreach ((string field, string notification, _) in All)
        {
            if (asked.ValueOf(field) is Range value && parameters[part][value].SequenceEqual("true"u8))
            {
                changes.Add(notification);
            }
        }

        string[]? uris = [];
        if (asked.ValueOf(Subscriptions) is Range list)
        {
            uris = UrisOf(parameters[part][list].ToArray());
        }

        return uris is null ? null : new ListenFilter(changes, uris);
    }

    /// <summary>The changes of which backends with these capabilities notify.</summary>
    internal ListenFilter LimitedTo(BackendCapabilities capabilities) => this with
    {
        Changes =
        [
            .. All
                .Where(one => Changes.Contains(one.Notification) && capabilities.HasFlag(one.Capability))
                .Select(one => one.Notification),
        ],
    };

    /// <summary>All changes of which a server with these capabilities notifies.</summary>
    internal static ListenFilter Of(BackendCapabilities capabilities, IReadOnlyCollection<string> uris) =>
        new([.. All.Where(one => capabilities.HasFlag(one.Capability)).Select(one => one.Notification)], uris);

    /// <summary>It, as the value of <c>notifications</c>.</summary>
    internal byte[] Write()
    {
        byte[] uris =
        [
            (byte)'[', .. Uris.SelectMany((uri, index) => (byte[])[.. index > 0 ? ","u8 : default, .. MergedList.Quote(uri)]), (byte)']',
        ];
        return JsonMembers.Write(
        [
            .. All.Where(one => Changes.Contains(one.Notification)).Select(one => ProtocolMeta.Member(one.Field, "true"u8)),
            Uris.Count == 0 ? [] : ProtocolMeta.Member(Subscriptions, uris),
        ]);
    }

    private static string[]? UrisOf(byte[] json) =>
        BackendError.ParseOrNull(json) is System.Text.Json.Nodes.JsonArray list && list.All(uri => BackendError.TextOf(uri) is not null)
            ? [.. list.Select(uri => BackendError.TextOf(uri)!).Distinct(StringComparer.Ordinal)]
            : null;
}
