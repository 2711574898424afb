using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway.Tests;

/// <summary>Warnings are about limits that are probably not meant, and about no others.</summary>
public sealed class PolicyAdviceTests : IDisposable
{
    private const string Auth = "auth: { apiKeys: [{ user: a, tenant: t, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }] }\n";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-advice-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("shared: 100/1m", "shared: every limit of this server is shared")]
    [InlineData("tools: [{ name: a, shared: 10/1m }]", "tools[0].shared: every limit of this server is shared")]
    [InlineData("{ shared: 100/1m, perUser: 200/1m }", "perUser: 200/1m can never be reached: 'shared' is 100/1m")]
    [InlineData("{ shared: 100/1m, perTenant: 50/1m, perUser: 60/1m }", "perUser: 60/1m can never be reached: 'perTenant' is 50/1m")]
    [InlineData("{ perUser: [60/1m, 100000/1d] }", "perUser[1]: 100000/1d can never be reached: 'perUser[0]' is 60/1m")]
    [InlineData("{ shared: 100/1m, perUser: 10/1m, tools: [{ name: a, perUser: 500/1m }] }", "tools[0].perUser: 500/1m can never be reached")]
    [InlineData("{ perUser: 10/1m, mode: disabled }", "mode: is disabled")]
    [InlineData("{ global: 100/1m, perUser: { maxTokens: 100, refillPeriod: 1m, burst: 200 } }", "perUser: 100/1m burst 200 can never be reached")]
    public void Limits_ThatAreProbablyNotMeant_AreNamedWithTheirPlace(string limits, string expected)
    {
        Fault warning = Advise(Auth, limits).ShouldHaveSingleItem();

        $"{warning.Path["servers[0].rateLimiting.".Length..]}: {warning.Message}".ShouldStartWith(expected);
        warning.Line.ShouldBe(6);
    }

    [Theory]
    [InlineData("{ shared: 100/1m, perUser: 100/1m }")]
    [InlineData("{ shared: 100/1m, perUser: 20/1m }")]
    [InlineData("{ shared: 100/1m, perUser: { maxTokens: 200, refillPeriod: 1m, burst: 5 } }")]
    [InlineData("{ shared: { maxTokens: 100, refillPeriod: 1m, algorithm: fixedWindow }, perUser: 200/1m }")]
    [InlineData("{ shared: { maxTokens: 100, refillPeriod: 1m, algorithm: fixedWindow }, perUser: { maxTokens: 200, refillPeriod: 1h, algorithm: fixedWindow } }")]
    [InlineData("{ shared: 100/1m, perUser: 200/1m, overrides: [{ when: { users: [a] }, shared: unlimited }] }")]
    [InlineData("{ shared: 100/1m, mode: permissive, perUser: 200/1m }")]
    [InlineData("{ perUser: 10/1m, tools: [{ name: a, shared: 10/1m }] }")]
    [InlineData("{ perUser: 10/1m, methods: [{ name: tools/list, perUser: 50/1m }] }")]
    [InlineData("{ concurrency: { perUser: 5 }, shared: 10/1m }")]
    public void Limits_ThatMakeSense_GetNoWarning(string limits) => Advise(Auth, limits).ShouldBeEmpty();

    [Fact]
    public void SharedAlone_WithoutAuth_GetsNoWarning() => Advise("", "shared: 100/1m").ShouldBeEmpty();

    private ImmutableArray<Fault> Advise(string auth, string limits)
    {
        string path = Path.Combine(_folder.FullName, "sluice.yaml");
        File.WriteAllText(path, $"{auth}servers:\n  - name: s\n    upstream: http://127.0.0.1:3001/mcp\n    rateLimiting:\n      {limits}\n");
        return PolicyAdvice.For(path, GatewayFile.Load(path).RequireConfiguration());
    }
}
