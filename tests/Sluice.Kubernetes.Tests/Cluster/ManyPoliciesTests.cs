using System.Text.Json;
using Sluice.Documents;
using Xunit.Abstractions;

namespace Sluice.Kubernetes.Tests.Cluster;

/// <summary>Five thousand servers with a policy each.</summary>
public sealed class ManyPoliciesTests(ITestOutputHelper output)
{
    private const int Count = 5_000;

    [Fact]
    public void Read_FiveThousandPolicies_AreAllInForce_AndAChangeCompilesOneAlone()
    {
        ClusterReader reader = new(GatewayFile.Parse("", "", ProcessValueSource.Instance, ReadingOptions.ToRead with { IsToRun = true, IsWithCluster = true }).RequireConfiguration());
        long before = GC.GetTotalMemory(forceFullCollection: true);
        ClusterObject[] objects = [.. Enumerable.Range(0, Count).SelectMany(number => (ClusterObject[])[Server(number), Policy(number, 1)])];
        long read = GC.GetTotalMemory(forceFullCollection: true);
        (ClusterSnapshot first, double firstTime) = Measure(() => reader.Read(objects));
        long compiled = GC.GetTotalMemory(forceFullCollection: true);
        objects[1] = Policy(0, 2);
        (ClusterSnapshot second, double secondTime) = Measure(() => reader.Read(objects));

        output.WriteLine($"objects: {(read - before) / 1024 / 1024} MiB; compiled: {(compiled - read) / 1024 / 1024} MiB more");
        output.WriteLine($"first reading: {firstTime:0} ms; after a change of one: {secondTime:0} ms");
        first.Configuration.Servers.Length.ShouldBe(Count);
        first.Reports.ShouldAllBe(report => report.UsedGeneration == 1);
        Dictionary<string, RateLimitPolicy> was = first.Configuration.Servers.ToDictionary(server => server.Name, server => server.Policy!);
        second.Configuration.Servers.Where(server => was[server.Name] != server.Policy).ShouldHaveSingleItem().Name.ShouldBe("tools.s0");
        GC.KeepAlive(objects);
    }

    private static (T Result, double Milliseconds) Measure<T>(Func<T> act)
    {
        long began = TimeProvider.System.GetTimestamp();
        T result = act();
        return (result, TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
    }

    private static ClusterObject Server(int number) =>
        Object(FollowedKinds.Servers, $"s{number}", 1, """{"upstream":{"serviceRef":{"name":"weather","port":8080}},"timeout":"30s"}""");

    private static ClusterObject Policy(int number, int generation) => Object(
        FollowedKinds.Policies,
        $"p{number}",
        generation,
        """{"targetRefs":[{"group":"sluice.dev","kind":"Server","name":"sNUMBER"}],"rateLimiting":{"shared":"1000/1m","tools":[{"name":"search","shared":"GENERATION/1m"},{"name":"issue_*","shared":"20/1m"}]}}"""
            .Replace("NUMBER", $"{number}", StringComparison.Ordinal)
            .Replace("GENERATION", $"{generation}", StringComparison.Ordinal));

    private static ClusterObject Object(ResourceKind kind, string name, int generation, string spec)
    {
        using JsonDocument json = JsonDocument.Parse(
            """{"metadata":{"name":"NAME","namespace":"tools","uid":"uid-KIND-NAME","resourceVersion":"GENERATION","generation":GENERATION,"creationTimestamp":"2026-01-01T00:00:00Z"},"spec":SPEC}"""
                .Replace("NAME", name, StringComparison.Ordinal)
                .Replace("KIND", kind.Plural, StringComparison.Ordinal)
                .Replace("GENERATION", $"{generation}", StringComparison.Ordinal)
                .Replace("SPEC", spec, StringComparison.Ordinal));
        return ClusterObject.Read(json.RootElement, kind);
    }
}
