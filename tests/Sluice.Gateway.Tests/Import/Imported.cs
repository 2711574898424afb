using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway.Tests;

/// <summary>What an import of a text printed, read as a configuration.</summary>
internal sealed class Imported
{
    private Imported(string yaml, GatewayConfiguration configuration)
    {
        Yaml = yaml;
        Configuration = configuration;
    }

    internal string Yaml { get; }

    internal GatewayConfiguration Configuration { get; }

    internal RateLimitingSettings Limits => Configuration.Servers[0].Policy!.Settings;

    /// <summary>The comments as one text, without the ends of their lines.</summary>
    internal string Comments => string.Join(' ', Yaml.Split('\n').Select(line => line.Trim()).Where(line => line.StartsWith('#')).Select(line => line.TrimStart('#', ' ')));

    /// <summary>Imports a file, and validates what is printed.</summary>
    internal static Imported From(string product, string text)
    {
        string? yaml = Importers.Import(Of(product), "source.yaml", text, out ImmutableArray<Fault> faults);
        faults.ShouldBeEmpty();
        GatewayFileResult result = GatewayFile.Parse(yaml.ShouldNotBeNull(), "sluice.yaml");
        result.Faults.ShouldBeEmpty();
        return new Imported(yaml, result.Configuration!);
    }

    /// <summary>The faults of a file that is not imported, a line each.</summary>
    internal static string FaultsOf(string product, string text)
    {
        Importers.Import(Of(product), "source.yaml", text, out ImmutableArray<Fault> faults).ShouldBeNull();
        return FaultFormatter.Format(faults);
    }

    /// <summary>Whether each of several calls of a tool, one user's, is allowed at its moment.</summary>
    /// <param name="tool">The tool.</param>
    /// <param name="seconds">The moments, ascending.</param>
    internal bool[] Decide(string tool, params double[] seconds)
    {
        ManualTimeProvider time = new();
        InProcessStore store = new(new InProcessStoreOptions(), time);
        CallerIdentity caller = new("issuer", "alice", "acme", client: null);
        ApplicableLimits limits = Configuration.Servers[0].Policy!.Select("tools/call", tool, caller);
        List<bool> allowed = [];
        TimeSpan now = TimeSpan.Zero;
        foreach (TimeSpan moment in seconds.Select(TimeSpan.FromSeconds))
        {
            time.Advance(moment - now);
            now = moment;
            allowed.Add(store.Acquire(new RateLimitRequest(limits, caller), new LimitState[limits.Count]).IsAllowed);
        }

        return [.. allowed];
    }

    private static IImporter Of(string product) => Importers.All.Single(importer => importer.Product == product);
}
