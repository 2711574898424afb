using System.Text.Json.Nodes;

namespace Sluice.Kubernetes.Tests.Real;

/// <summary>Definitions of the kinds of other operators.</summary>
/// <remarks>
/// They have the groups, versions, defaults, rules of limits and status of the released ones, and leave all fields open that Sluice does not
/// read. Source: <c>deploy/charts/operator-crds</c> of github.com/stacklok/toolhive and <c>config/crd</c> of github.com/kagent-dev/kmcp, read in
/// November 2026.
/// </remarks>
internal static class ForeignDefinitions
{
    private const string ServerSpec =
        """
        {
          "type": "object",
          "required": ["image"],
          "x-kubernetes-preserve-unknown-fields": true,
          "properties": {
            "image": { "type": "string" },
            "transport": { "type": "string", "enum": ["stdio", "streamable-http", "sse"], "default": "stdio" },
            "sessionAffinity": { "type": "string", "enum": ["ClientIP", "None"], "default": "ClientIP" },
            "sessionStorage": SESSION,
            "rateLimiting": { "type": "object", "x-kubernetes-preserve-unknown-fields": true }
          },
          "x-kubernetes-validations": [ {
            "message": "rateLimiting requires sessionStorage with provider 'redis'",
            "rule": "!has(self.rateLimiting) || (has(self.sessionStorage) && self.sessionStorage.provider == 'redis')"
          } ]
        }
        """;

    private const string VirtualSpec =
        """
        {
          "type": "object",
          "required": ["incomingAuth"],
          "x-kubernetes-preserve-unknown-fields": true,
          "properties": {
            "incomingAuth": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
            "sessionStorage": SESSION,
            "config": { "type": "object", "x-kubernetes-preserve-unknown-fields": true }
          }
        }
        """;

    private const string Session =
        """
        {
          "type": "object",
          "required": ["provider"],
          "properties": {
            "provider": { "type": "string", "enum": ["memory", "redis"] },
            "address": { "type": "string", "minLength": 1 },
            "db": { "type": "integer", "format": "int32", "minimum": 0, "default": 0 },
            "keyPrefix": { "type": "string" }
          }
        }
        """;

    // The condition of Kubernetes' own library, which both operators use.
    private const string Status =
        """
        {
          "type": "object",
          "properties": {
            "observedGeneration": { "type": "integer", "format": "int64" },
            "phase": { "type": "string" },
            "message": { "type": "string" },
            "url": { "type": "string" },
            "conditions": {
              "type": "array",
              "x-kubernetes-list-type": "map",
              "x-kubernetes-list-map-keys": ["type"],
              "items": {
                "type": "object",
                "required": ["lastTransitionTime", "message", "reason", "status", "type"],
                "properties": {
                  "lastTransitionTime": { "type": "string", "format": "date-time" },
                  "message": { "type": "string", "maxLength": 32768 },
                  "observedGeneration": { "type": "integer", "format": "int64", "minimum": 0 },
                  "reason": { "type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$" },
                  "status": { "type": "string", "enum": ["True", "False", "Unknown"] },
                  "type": { "type": "string", "maxLength": 316, "pattern": "^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$" }
                }
              }
            }
          }
        }
        """;

    /// <summary>ToolHive's <c>MCPServer</c> and <c>VirtualMCPServer</c>, and kmcp's <c>MCPServer</c>, each with its path.</summary>
    internal static (string Path, JsonObject Definition)[] All =>
    [
        ("toolhive.stacklok.dev/v1beta1/mcpservers", Definition("toolhive.stacklok.dev", "MCPServer", ServerSpec, "v1alpha1", "v1beta1")),
        ("toolhive.stacklok.dev/v1beta1/virtualmcpservers", Definition("toolhive.stacklok.dev", "VirtualMCPServer", VirtualSpec, "v1alpha1", "v1beta1")),
        ("kagent.dev/v1alpha1/mcpservers", Definition("kagent.dev", "MCPServer", """{ "type": "object", "x-kubernetes-preserve-unknown-fields": true }""", "v1alpha1")),
    ];

    private static JsonObject Definition(string group, string kind, string spec, params string[] versions) => new()
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject { ["name"] = $"{kind.ToLowerInvariant()}s.{group}" },
        ["spec"] = new JsonObject
        {
            ["group"] = group,
            ["scope"] = "Namespaced",
            ["names"] = new JsonObject
            {
                ["kind"] = kind,
                ["listKind"] = $"{kind}List",
                ["plural"] = $"{kind.ToLowerInvariant()}s",
                ["singular"] = kind.ToLowerInvariant(),
            },
            ["versions"] = new JsonArray([.. versions.Select(version => new JsonObject
            {
                ["name"] = version,
                ["served"] = true,
                ["storage"] = version == versions[^1],
                ["deprecated"] = version != versions[^1],
                ["subresources"] = new JsonObject { ["status"] = new JsonObject() },
                ["schema"] = new JsonObject
                {
                    ["openAPIV3Schema"] = new JsonObject
                    {
                        ["type"] = "object",
                        ["properties"] = new JsonObject
                        {
                            ["spec"] = JsonNode.Parse(spec.Replace("SESSION", Session, StringComparison.Ordinal)),
                            ["status"] = JsonNode.Parse(Status),
                        },
                    },
                },
            })]),
        },
    };
}
