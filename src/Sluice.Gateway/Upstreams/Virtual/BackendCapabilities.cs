using System.Text.Json.Nodes;

namespace Sluice.Gateway;

/// <summary>The capabilities of a server that a virtual server can carry to its clients.</summary>
/// <remarks>Source: Model Context Protocol, revision 2025-11-25, Lifecycle.</remarks>
[Flags]
internal enum BackendCapabilities
{
    None = 0,
    Tools = 1,
    ToolsListChanged = 1 << 1,
    Prompts = 1 << 2,
    PromptsListChanged = 1 << 3,
    Resources = 1 << 4,
    ResourcesListChanged = 1 << 5,
    ResourcesSubscribe = 1 << 6,
    Logging = 1 << 7,
    Completions = 1 << 8,
    Tasks = 1 << 9,
    TasksCancel = 1 << 10,
}

/// <summary>Reads and writes <see cref="BackendCapabilities"/> as the protocol has them.</summary>
internal static class BackendCapabilitiesJson
{
    private static readonly (BackendCapabilities Flag, string Name, string? Part)[] All =
    [
        (BackendCapabilities.Tools, "tools", null),
        (BackendCapabilities.ToolsListChanged, "tools", "listChanged"),
        (BackendCapabilities.Prompts, "prompts", null),
        (BackendCapabilities.PromptsListChanged, "prompts", "listChanged"),
        (BackendCapabilities.Resources, "resources", null),
        (BackendCapabilities.ResourcesListChanged, "resources", "listChanged"),
        (BackendCapabilities.ResourcesSubscribe, "resources", "subscribe"),
        (BackendCapabilities.Logging, "logging", null),
        (BackendCapabilities.Completions, "completions", null),
    ];

    /// <summary>The capabilities of a server; others are left out.</summary>
    internal static BackendCapabilities Read(JsonNode? capabilities)
    {
        BackendCapabilities read = BackendCapabilities.None;
        foreach ((BackendCapabilities flag, string name, string? part) in All)
        {
            if ((capabilities as JsonObject)?[name] is JsonObject group
                && (part is null || (group[part] is JsonValue value && value.TryGetValue(out bool has) && has)))
            {
                read |= flag;
            }
        }

        // Tasks of tools alone are carried: a list of them has no server that it could be asked of, and clients' own stay with them.
        if ((capabilities as JsonObject)?["tasks"] is JsonObject tasks && ((tasks["requests"] as JsonObject)?["tools"] as JsonObject)?["call"] is JsonObject)
        {
            read |= BackendCapabilities.Tasks | (tasks["cancel"] is JsonObject ? BackendCapabilities.TasksCancel : default);
        }

        return read;
    }

    /// <summary>The capabilities as JSON.</summary>
    internal static JsonObject Write(BackendCapabilities capabilities)
    {
        JsonObject written = [];
        foreach ((BackendCapabilities flag, string name, string? part) in All)
        {
            if (!capabilities.HasFlag(flag))
            {
                continue;
            }

            if (part is null)
            {
                written[name] = new JsonObject();
            }
            else
            {
                written[name]![part] = true;
            }
        }

        if (capabilities.HasFlag(BackendCapabilities.Tasks))
        {
            JsonObject tasks = new() { ["requests"] = new JsonObject { ["tools"] = new JsonObject { ["call"] = new JsonObject() } } };
            if (capabilities.HasFlag(BackendCapabilities.TasksCancel))
            {
                tasks["cancel"] = new JsonObject();
            }

            written["tasks"] = tasks;
        }

        return written;
    }
}
