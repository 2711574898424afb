using System.Net;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.EndToEnd;

/// <summary>One session of each real client: list, call, call again beyond the limit, list.</summary>
internal static class ClientSessions
{
    internal const string Modern = "2026-07-28";

    internal static Task<SessionReport> RunAsync(string client, string era, Uri endpoint, string user, string tool) => client switch
    {
        "Inspector" => InspectorAsync(era, endpoint, user, tool),
        "TypeScript sdk" => TypeScriptAsync("sdk", endpoint, user, tool),
        "TypeScript client" => TypeScriptAsync(era == Modern ? "client-modern" : "client-legacy", endpoint, user, tool),
        "C#" => CSharpAsync(era, endpoint, user, tool),
        _ => throw new ArgumentOutOfRangeException(nameof(client), client, "No such client."),
    };

    private static async Task<SessionReport> InspectorAsync(string era, Uri endpoint, string user, string tool)
    {
        string[] mode = ["--protocol-era", era == Modern ? "modern" : "legacy"];
        string[] call = [.. mode, "--method", "tools/call", "--tool-name", tool];
        string[] list = [.. mode, "--method", "tools/list"];
        return new SessionReport(
            CountTools(await Callers.InspectorAsync(endpoint, user, list)),
            See(await Callers.InspectorAsync(endpoint, user, call)),
            See(await Callers.InspectorAsync(endpoint, user, call)),
            CountTools(await Callers.InspectorAsync(endpoint, user, list)));

        static int CountTools(ProgramResult result)
        {
            result.ExitCode.ShouldBe(0, result.ToString());
            return JsonSerializer.Deserialize<JsonElement>(result.Output).GetProperty("tools").GetArrayLength();
        }

        static Sighting See(ProgramResult result)
        {
            string shape = $"exit code {result.ExitCode}";
            if (result.Output.Length > 0)
            {
                JsonElement shown = JsonSerializer.Deserialize<JsonElement>(result.Output);
                return new Sighting(shape, shown.GetProperty("content")[0].GetProperty("text").GetString()!, ErrorIn(PropertyOf(shown, "_meta")));
            }

            JsonElement error = JsonSerializer.Deserialize<JsonElement>(result.Error).GetProperty("error");
            string message = error.GetProperty("message").GetString()!;
            return new Sighting($"{shape}, status {error.GetProperty("status")}", message, Sighting.RejectionIn(message));
        }
    }

    private static async Task<SessionReport> TypeScriptAsync(string kind, Uri endpoint, string user, string tool)
    {
        string call = $$"""{ "tool": "{{tool}}", "arguments": {} }""";
        JsonElement[] seen = await Callers.TypeScriptAsync(
            kind, endpoint, $"key-of-{user}", $$"""[{ "list": true }, {{call}}, {{call}}, { "list": true }]""");
        return new SessionReport(
            seen[1].GetProperty("tools").GetInt32(), See(seen[2]), See(seen[3]), seen[4].GetProperty("tools").GetInt32());

        static Sighting See(JsonElement shown)
        {
            if (PropertyOf(shown, "error") is not JsonElement error)
            {
                string shape = shown.GetProperty("isError").GetBoolean() ? "result, isError" : "result";
                return new Sighting(shape, shown.GetProperty("text").GetString()!, ErrorIn(PropertyOf(shown, "meta")));
            }

            string message = shown.GetProperty("message").GetString()!;
            JsonElement? data = PropertyOf(shown, "data");
            JsonElement number = data is JsonElement fields && PropertyOf(fields, "status") is JsonElement status
                ? status
                : shown.GetProperty("code");
            JsonElement? rejection = data is JsonElement known && PropertyOf(known, "limit") is not null
                ? shown
                : Sighting.RejectionIn(message);
            return new Sighting($"{error} {number}", message, rejection);
        }
    }

    private static async Task<SessionReport> CSharpAsync(string era, Uri endpoint, string user, string tool)
    {
        HttpClientTransportOptions options = new()
        {
            Endpoint = endpoint,
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = $"Bearer key-of-{user}" },
        };
        await using McpClient client = await McpClient.CreateAsync(
            new HttpClientTransport(options), new McpClientOptions { ProtocolVersion = era, DiscoverProbeTimeout = Eventually.Patience });
        client.NegotiatedProtocolVersion.ShouldBe(era);
        return new SessionReport(
            (await client.ListToolsAsync()).Count, await SeeAsync(client, tool), await SeeAsync(client, tool), (await client.ListToolsAsync()).Count);

        static async Task<Sighting> SeeAsync(McpClient client, string tool)
        {
            try
            {
                CallToolResult result = await client.CallToolAsync(tool);
                string shape = result.IsError == true ? "result, isError" : "result";
                return new Sighting(shape, result.Content.OfType<TextContentBlock>().Single().Text, ErrorIn(JsonSerializer.SerializeToElement(result.Meta)));
            }
            catch (McpProtocolException exception)
            {
                int code = (int)exception.ErrorCode;
                JsonElement rejection = JsonSerializer.SerializeToElement(new { code, message = exception.Message, data = exception.Data });
                return new Sighting($"McpProtocolException {code}", exception.Message, rejection);
            }
            catch (HttpRequestException exception)
            {
                return new Sighting(
                    $"HttpRequestException {(int)(exception.StatusCode ?? HttpStatusCode.Unused)}",
                    exception.Message,
                    Sighting.RejectionIn(exception.Message));
            }
        }
    }

    /// <summary>The rejection that the <c>_meta</c> of a result holds.</summary>
    private static JsonElement? ErrorIn(JsonElement? meta) => meta is JsonElement fields ? PropertyOf(fields, "sluice/error") : null;

    private static JsonElement? PropertyOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;
}
