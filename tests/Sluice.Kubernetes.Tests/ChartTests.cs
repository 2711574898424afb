using System.Diagnostics;

namespace Sluice.Kubernetes.Tests;

/// <summary>The chart and the base of kustomize can be rendered.</summary>
public sealed class ChartTests
{
    private static readonly string Chart = Path.Combine(Repository.Root, "deploy", "helm", "sluice");

    [SkippableTheory]
    [InlineData("image.repository=example/sluice", "ClusterRole", true)]
    [InlineData("image.repository=example/sluice,watchNamespace=tools,toolhive=false", "ClusterRole", false)]
    [InlineData("image.repository=example/sluice,autoscaling.enabled=true", "HorizontalPodAutoscaler", true)]
    [InlineData("image.repository=example/sluice,networkPolicy.enabled=true", "NetworkPolicy", true)]
    [InlineData("image.repository=example/sluice,serviceMonitor.enabled=true", "ServiceMonitor", true)]
    [InlineData("image.repository=example/sluice,replicas=1", "PodDisruptionBudget", false)]
    public async Task Chart_IsRendered(string values, string kind, bool hasIt)
    {
        (int code, string text) = await RunAsync("helm", "template", "r", Chart, "--set", values);

        code.ShouldBe(0, text);
        text.Contains($"\nkind: {kind}\n", StringComparison.Ordinal).ShouldBe(hasIt, text);
        text.ShouldContain("readOnlyRootFilesystem: true");
        text.ShouldContain("path: /readyz");
    }

    [SkippableFact]
    public async Task Chart_WithAGateway_NamesItItsSecretsAndItsLease()
    {
        (int code, string text) = await RunAsync(
            "helm", "template", "r", Chart, "--set", "image.repository=example/sluice,gateway.name=main,gateway.secrets={redis,keys}");

        code.ShouldBe(0, text);
        text.ShouldContain("            - --gateway\n            - main\n");
        text.ShouldContain("  resources: [secrets]\n  verbs: [get]\n  resourceNames: [\"redis\",\"keys\"]");
        text.ShouldContain("resourceNames: [sluice-main]");
    }

    [SkippableTheory]
    [InlineData("", false)]
    [InlineData(",requirePolicy=true", true)]
    public async Task Chart_RequiresPolicies_WhereItIsAskedTo(string values, bool requires)
    {
        (int code, string text) = await RunAsync("helm", "template", "r", Chart, "--set", $"image.repository=example/sluice{values}");

        code.ShouldBe(0, text);
        text.Contains("- --require-policy\n", StringComparison.Ordinal).ShouldBe(requires, text);
    }

    [SkippableTheory]
    [InlineData("replicas=1")]
    [InlineData("image.repository=example/sluice,settings.listen=http://0.0.0.0:1")]
    [InlineData("image.repository=example/sluice,replica=3")]
    public async Task Chart_WrongValues_AreRejected(string values) =>
        (await RunAsync("helm", "template", "r", Chart, "--set", values)).Code.ShouldNotBe(0);

    [SkippableFact]
    public async Task Chart_HasNoRemarks() => (await RunAsync("helm", "lint", Chart, "--strict", "--set", "image.repository=example/sluice")).Code.ShouldBe(0);

    [SkippableFact]
    public async Task Base_OfKustomize_IsRendered()
    {
        (int code, string text) = await RunAsync("kubectl", "kustomize", Path.Combine(Repository.Root, "deploy", "kustomize"));

        code.ShouldBe(0, text);
        text.ShouldContain("readOnlyRootFilesystem: true");
    }

    private static async Task<(int Code, string Text)> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(TestProgram.Find(program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, text + await errors);
    }
}
