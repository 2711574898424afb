using System.Text.Json.Nodes;

namespace Sluice.Kubernetes;

/// <summary>The structural schema of <c>status</c>, which all kinds share.</summary>
internal static class StatusSchema
{
    /// <summary>The longest message of a condition.</summary>
    internal const int MaxMessageLength = 32_768;

    /// <summary>The schema.</summary>
    internal static JsonObject Create() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["observedGeneration"] = new JsonObject { ["type"] = "integer", ["format"] = "int64" },
            ["path"] = new JsonObject { ["type"] = "string", ["maxLength"] = StructuralSchema.MaxTextLength },
            ["conditions"] = new JsonObject
            {
                ["type"] = "array",
                ["maxItems"] = 16,
                ["x-kubernetes-list-type"] = "map",
                ["x-kubernetes-list-map-keys"] = StructuralSchema.Texts(["type"]),
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = StructuralSchema.Texts(["type", "status", "reason", "message", "lastTransitionTime"]),
                    ["properties"] = new JsonObject
                    {
                        ["type"] = Text(316),
                        ["status"] = new JsonObject { ["type"] = "string", ["enum"] = StructuralSchema.Texts(["True", "False", "Unknown"]) },
                        ["reason"] = Text(1024),
                        ["message"] = Text(MaxMessageLength),
                        ["lastTransitionTime"] = new JsonObject { ["type"] = "string", ["format"] = "date-time" },
                        ["observedGeneration"] = new JsonObject { ["type"] = "integer", ["format"] = "int64" },
                    },
                },
            },
        },
    };

    private static JsonObject Text(int maxLength) => new() { ["type"] = "string", ["maxLength"] = maxLength };
}
