using System.Text.Json.Nodes;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Kubernetes;

/// <summary>A kind of <c>sluice.dev</c>, as its custom resource definition says it.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Plural">The plural, in lower case.</param>
/// <param name="ShortName">What kubectl accepts in place of the plural.</param>
/// <param name="Description">What an object is, as <c>kubectl explain</c> prints it.</param>
/// <param name="Spec">The fields of <c>spec</c>.</param>
/// <param name="Columns">What <c>kubectl get</c> prints, beside name and age: heading and path.</param>
internal sealed record CustomResource(
    string Kind, string Plural, string ShortName, string Description, FieldTable Spec, (string Heading, string Path)[] Columns)
{
    /// <summary>All kinds.</summary>
    internal static CustomResource[] All { get; } =
    [
        new(
            ResourceKinds.Policy,
            "ratelimitpolicies",
            "rlp",
            "Limits of the calls to MCP servers. Of two policies with the same target the older one applies.",
            PolicyResourceReader.Table,
            [("Target", ".spec.targetRefs[0].name"), Condition("Accepted"), Condition("Enforced")]),
        new(
            ResourceKinds.Server,
            "servers",
            "slsrv",
            "An MCP server that the gateway serves.",
            ServerResourceReader.Table,
            [("Path", ".status.path"), Condition("Accepted"), Condition("Programmed")]),
        new(
            ResourceKinds.VirtualServer,
            "virtualservers",
            "slvs",
            "Several servers behind one address: one list of tools, one set of limits.",
            ServerResourceReader.VirtualTable,
            [("Path", ".status.path"), Condition("Accepted"), Condition("Programmed")]),
        new(
            ResourceKinds.Gateway,
            "gateways",
            "sgw",
            "Settings of the gateways that are started with its name.",
            GatewayResourceReader.Table,
            [("Listen", ".spec.listen"), Condition("Accepted"), Condition("Programmed")]),
    ];

    /// <summary>The name of the definition.</summary>
    internal string Name => $"{Plural}.{ResourceKinds.Group}";

    /// <summary>The definition.</summary>
    internal JsonObject Definition() => new()
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject { ["name"] = Name },
        ["spec"] = new JsonObject
        {
            ["group"] = ResourceKinds.Group,
            ["scope"] = "Namespaced",
            ["names"] = new JsonObject
            {
                ["kind"] = Kind,
                ["listKind"] = $"{Kind}List",
                ["plural"] = Plural,
                ["singular"] = Kind.ToLowerInvariant(),
                ["shortNames"] = StructuralSchema.Texts([ShortName]),
                ["categories"] = StructuralSchema.Texts(["sluice"]),
            },
            ["versions"] = new JsonArray(Version()),
        },
    };

    /// <summary>The definition as the text of a file.</summary>
    internal string Text() =>
        $"# Written by eng/write-crds.sh from the tables that resources are read by. Do not edit.\n{YamlText.Of(Definition())}";

    private JsonObject Version() => new()
    {
        ["name"] = ResourceKinds.Version,
        ["served"] = true,
        ["storage"] = true,
        ["subresources"] = new JsonObject { ["status"] = new JsonObject() },
        ["additionalPrinterColumns"] = new JsonArray(
        [
            .. Columns.Select(column => new JsonObject { ["name"] = column.Heading, ["type"] = "string", ["jsonPath"] = column.Path }),
            new JsonObject { ["name"] = "Age", ["type"] = "date", ["jsonPath"] = ".metadata.creationTimestamp" },
        ]),
        ["schema"] = new JsonObject
        {
            ["openAPIV3Schema"] = new JsonObject
            {
                ["type"] = "object",
                ["description"] = Description,
                ["required"] = StructuralSchema.Texts(["spec"]),
                ["properties"] = new JsonObject
                {
                    ["apiVersion"] = new JsonObject { ["type"] = "string" },
                    ["kind"] = new JsonObject { ["type"] = "string" },
                    ["metadata"] = new JsonObject { ["type"] = "object" },
                    ["spec"] = SpecSchema(),
                    ["status"] = StatusSchema.Create(),
                },
            },
        },
    };

    private JsonObject SpecSchema()
    {
        JsonObject schema = StructuralSchema.Of(Spec);
        if (Kind == ResourceKinds.Policy)
        {
            schema["allOf"] = new JsonArray(OneToolHasFewerLimits());
        }

        return schema;
    }

    // A policy of one tool has none of the fields that only a whole server has.
    private static JsonObject OneToolHasFewerLimits() => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    ["targetRefs"] = new JsonObject
                    {
                        ["items"] = new JsonObject { ["not"] = new JsonObject { ["required"] = StructuralSchema.Texts(["sectionName"]) } },
                    },
                },
            },
            new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    ["rateLimiting"] = new JsonObject
                    {
                        ["not"] = new JsonObject
                        {
                            ["anyOf"] = new JsonArray(
                                [.. PolicyResourceReader.ServerOnly.Select(field => new JsonObject { ["required"] = StructuralSchema.Texts([field]) })]),
                        },
                    },
                },
            }),
    };

    private static (string, string) Condition(string type) => (type, $".status.conditions[?(@.type==\"{type}\")].status");
}
