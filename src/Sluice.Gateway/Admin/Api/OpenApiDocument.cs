using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace Sluice.Gateway;

/// <summary>The OpenAPI document of the admin API. The schemas of the answers are made of the types that are written.</summary>
/// <remarks>Source: OpenAPI Specification 3.1.1.</remarks>
internal static class OpenApiDocument
{
    private const string Json = "application/json";

    private static readonly JsonObject Server = Parameter("server", "query", "The name of a server.", Text());
    private static readonly JsonObject Limit = Parameter("limit", "query", "The name of a limit.", Text());
    private static readonly JsonObject Span = Parameter(
        "span", "query", "5m in steps of a second, or 1h in steps of ten seconds.", new JsonObject { ["enum"] = new JsonArray("5m", "1h"), ["default"] = "5m" });

    private static readonly JsonSchemaExporterOptions Exporting = new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = static (context, schema) => Transform(context, schema),
    };

    /// <summary>The document.</summary>
    internal static byte[] Render() => JsonSerializer.SerializeToUtf8Bytes(Create(), ApiJson.Default.JsonObject);

    private static JsonObject Create() => new()
    {
        ["openapi"] = "3.1.1",
        ["info"] = new JsonObject
        {
            ["title"] = "Sluice admin API",
            ["version"] = "1",
            ["description"] = "What a running gateway does, and what operators change. It is served at the admin address only.",
        },
        ["security"] = new JsonArray(new JsonObject { ["token"] = new JsonArray() }, new JsonObject()),
        ["paths"] = new JsonObject
        {
            ["/api/v1/status"] = Get("The gateway as a whole.", Schema(ApiJson.Default.StatusAnswer)),
            ["/api/v1/servers"] = Get("The servers and their calls.", Schema(ApiJson.Default.ServersAnswer)),
            ["/api/v1/servers/{name}/history"] = Get(
                "The calls to one server by steps of time.", Schema(ApiJson.Default.HistoryAnswer), InPath("name", "The server."), Span),
            ["/api/v1/history"] = Get("The calls to all servers by steps of time.", Schema(ApiJson.Default.HistoryAnswer), Span),
            ["/api/v1/limits"] = Get("The limits and what they answered.", Schema(ApiJson.Default.LimitsAnswer), Server, Limit),
            ["/api/v1/buckets"] = Get(
                "The buckets with the smallest part left.",
                Schema(ApiJson.Default.BucketsAnswer),
                Server,
                Limit,
                Parameter("top", "query", "The most buckets.", Count(BucketSurvey.MaxFound, 50))),
            ["/api/v1/refused"] = Get(
                "Who is rejected most.",
                Schema(ApiJson.Default.RefusedAnswer),
                Parameter("top", "query", "The most callers.", Count(500, 20)),
                Span),
            ["/api/v1/held"] = Get("Calls that are held, and slots in use.", Schema(ApiJson.Default.HeldAnswer)),
            ["/api/v1/config"] = Get("The configuration that is in force.", Schema(ApiJson.Default.ConfigAnswer)),
            ["/api/v1/why/{id}"] = Get(
                "How a rejection was decided.", Schema(ApiJson.Default.WhyAnswer), InPath("id", "The decisionId that the client got.")),
            ["/api/v1/try"] = Post("What a call would get now. Nothing is charged.", TryRequest(), Schema(ApiJson.Default.TryAnswer)),
            ["/api/v1/reset"] = Post("Makes the buckets of one caller full again.", ResetRequest(), Schema(ApiJson.Default.ResetAnswer)),
            ["/api/v1/events"] = Operation(
                "get",
                "Each second an event 'tick' with what the other resources answer; the schema is that of its data.",
                "text/event-stream",
                Schema(ApiJson.Default.TickEvent)),
            ["/api/v1/openapi.json"] = Get("This document.", new JsonObject { ["type"] = "object" }),
        },
        ["components"] = new JsonObject
        {
            ["schemas"] = new JsonObject { ["Problem"] = Schema(ApiJson.Default.Problem) },
            ["securitySchemes"] = new JsonObject
            {
                ["token"] = new JsonObject
                {
                    ["type"] = "http",
                    ["scheme"] = "bearer",
                    ["description"] = "'admin.token' of the gateway's file. Without it, none is needed.",
                },
            },
        },
    };

    private static JsonObject Get(string summary, JsonNode answer, params JsonObject[] parameters) =>
        Operation("get", summary, Json, answer, parameters);

    private static JsonObject Post(string summary, JsonObject request, JsonNode answer)
    {
        JsonObject path = Operation("post", summary, Json, answer);
        path["post"]!["requestBody"] = new JsonObject
        {
            ["required"] = true,
            ["content"] = new JsonObject { [Json] = new JsonObject { ["schema"] = request } },
        };
        return path;
    }

    private static JsonObject Operation(
        string method, string summary, string type, JsonNode answer, params JsonObject[] parameters) =>
        new()
        {
            [method] = new JsonObject
            {
                ["summary"] = summary,
                ["parameters"] = new JsonArray([.. parameters.Select(parameter => parameter.DeepClone())]),
                ["responses"] = new JsonObject
                {
                    ["200"] = new JsonObject
                    {
                        ["description"] = "The answer.",
                        ["content"] = new JsonObject { [type] = new JsonObject { ["schema"] = answer } },
                    },
                    ["default"] = new JsonObject
                    {
                        ["description"] = "An error: what is wrong, and what to write.",
                        ["content"] = new JsonObject
                        {
                            ["application/problem+json"] = new JsonObject
                            {
                                ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/Problem" },
                            },
                        },
                    },
                },
            },
        };

    private static JsonObject TryRequest() => Request(
        ["server"],
        ("operation", Text()),
        ("name", Text()),
        ("backend", Text()),
        ("cost", new JsonObject { ["type"] = "integer", ["minimum"] = 1 }));

    private static JsonObject ResetRequest() => Request(["server"], ("limit", Text()));

    private static JsonObject Request(string[] required, params (string Name, JsonObject Schema)[] fields)
    {
        JsonObject values = new()
        {
            ["anyOf"] = new JsonArray(Text(), new JsonObject { ["type"] = "array", ["items"] = Text() }),
        };
        JsonObject properties = new()
        {
            ["server"] = Text(),
            ["user"] = Text(),
            ["tenant"] = Text(),
            ["client"] = Text(),
            ["issuer"] = Text(),
            ["claims"] = new JsonObject { ["type"] = "object", ["additionalProperties"] = values },
        };
        foreach ((string name, JsonObject schema) in fields)
        {
            properties[name] = schema;
        }

        return new JsonObject
        {
            ["type"] = "object",
            ["required"] = new JsonArray([.. required.Select(name => (JsonNode)name)]),
            ["properties"] = properties,
            ["additionalProperties"] = false,
        };
    }

    private static JsonObject Parameter(string name, string place, string description, JsonObject schema) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = place == "path",
        ["description"] = description,
        ["schema"] = schema,
    };

    private static JsonObject InPath(string name, string description) => Parameter(name, "path", description, Text());

    private static JsonObject Text() => new() { ["type"] = "string" };

    private static JsonObject Count(int max, int usual) =>
        new() { ["type"] = "integer", ["minimum"] = 1, ["maximum"] = max, ["default"] = usual };

    private static JsonNode Schema(JsonTypeInfo type) => type.GetJsonSchemaAsNode(Exporting);

    // The exporter does not know what a converter writes, and an answer has no other fields than those that are named.
    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode schema)
    {
        Type type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (type == typeof(DateTimeOffset))
        {
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        }

        if (schema is JsonObject fields && fields.ContainsKey("properties"))
        {
            fields["additionalProperties"] = false;
            fields["required"] = new JsonArray([.. context.TypeInfo.Properties
                .Where(property => !IsLeftOutWhenNull(property))
                .Select(property => (JsonNode)property.Name)]);
        }

        return schema;
    }

    // The history of servers and limits is in their own answers, and not in events.
    private static bool IsLeftOutWhenNull(JsonPropertyInfo property) => property.PropertyType == typeof(MinuteHistory);
}
