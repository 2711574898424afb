using System.Collections.Immutable;
using System.Text.Json;

namespace Sluice.Gateway.Tests;

/// <summary>What <c>explain</c> says of limits of the servers behind a virtual server.</summary>
public sealed class PerBackendExplanationTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-explain-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("prefix", "tools/call", "b_find", "b")]
    [InlineData("prefix", "resources/read", "sluice+b:file:///1", "b")]
    [InlineData("prefix", "tools/call", "find", null)]
    [InlineData("priority", "tools/call", "b_find", null)]
    public void Explain_ACallOfAVirtualServer_TellsTheLimitsOfTheBackendThatItsNameTells(
        string conflicts, string method, string name, string? backend)
    {
        JsonElement explained = Explain(conflicts, method, name, named: null);

        (explained.TryGetProperty("backend", out JsonElement said) ? said.GetString() : null).ShouldBe(backend);
        Limits(explained).ShouldBe(backend is null ? ["shared"] : ["shared", $"backend:{backend}/shared"]);
        explained.GetProperty("notApplied").EnumerateArray().Select(left => left.GetProperty("why").GetString()).ShouldBe(
            backend is null ? ["the name does not tell which backend has it. Add --backend"] : []);
    }

    [Fact]
    public void Explain_WithTheBackend_TellsItsLimitsAndTheirLine()
    {
        JsonElement explained = Explain("error", "tools/call", "find", named: "a");

        Limits(explained).ShouldBe(["shared", "backend:a/shared"]);
        explained.GetProperty("limits")[1].GetProperty("source").GetString()!.ShouldEndWith(":8:58 virtualServers[0].rateLimiting.perBackend.shared");
    }

    private static string[] Limits(JsonElement explained) =>
        [.. explained.GetProperty("limits").EnumerateArray().Select(limit => limit.GetProperty("limit").GetString()!)];

    private JsonElement Explain(string conflicts, string method, string name, string? named)
    {
        string path = Path.Combine(_folder.FullName, "sluice.yaml");
        File.WriteAllText(
            path,
            $$"""
            servers:
              - { name: a, upstream: "http://127.0.0.1:3001/mcp" }
              - { name: b, upstream: "http://127.0.0.1:3002/mcp" }
            virtualServers:
              - name: toolkit
                backends: [a, b]
                conflicts: {{conflicts}}
                rateLimiting: { shared: 10/1m, perBackend: { shared: 5/1m } }
            """);
        PolicyFile file = PolicyFile.Load(path)!;
        PolicyOfServer server = file.Find("toolkit", out _)!;
        ExplainedRequest request = new(method, Methods.KindOf(method), name);
        DescribedCaller caller = new(null, null, null, ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty);
        Explanation explanation = Explanation.Of(
            file, server, request with { Backend = named ?? server.BackendOf(method, name) }, caller, DateTimeOffset.UnixEpoch);
        ExplanationText.Write(explanation).ShouldContain(explanation.BackendThatCounts is string backend ? $" on toolkit, for its backend {backend}\n" : " on toolkit\n");
        return JsonDocument.Parse(ExplanationJson.Write(explanation)).RootElement;
    }
}
