using Sluice.Configuration;
using Sluice.Documents;
using Sluice.Kubernetes;

namespace Sluice.Gateway;

/// <summary><c>sluice run --kubernetes</c>: the gateway with the objects of a cluster as its configuration.</summary>
internal static class KubernetesRun
{
    /// <summary>Runs the gateway.</summary>
    /// <param name="file">The file with its settings; null for the defaults.</param>
    /// <param name="asked">What the command line says about the cluster.</param>
    /// <param name="log">How much is logged.</param>
    /// <param name="onListening">Called once the gateway is ready.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static async Task<int> RunAsync(
        string? file, KubernetesRunSettings asked, LogSettings log, Action<Uri, Uri?> onListening, CancellationToken cancellationToken)
    {
        ReadingOptions options = ReadingOptions.ToRead with { IsToRun = true, IsWithCluster = true };
        (GatewayFileResult result, WatchStart? watched) = file is null
            ? (GatewayFile.Parse("", "(no file)", ProcessValueSource.Instance, options), null)
            : WatchedDocument.Open(file, options);
        if (result.Configuration is not GatewayConfiguration settings)
        {
            Console.Error.WriteLine(FaultFormatter.Format(result.Faults));
            return CommandLine.Failure;
        }

        foreach (Fault warning in result.Warnings)
        {
            await Console.Error.WriteLineAsync($"sluice: warning: {warning}");
        }

        if (ClusterConnection.Open(asked.Kubeconfig, out string? why) is not ClusterConnection connection)
        {
            return CommandLine.Fail($"--kubernetes: {why}");
        }

        using ILoggerFactory loggers = LoggerFactory.Create(logging => GatewayLog.Configure(logging, log));
        await using ClusterFollower cluster = new(connection, asked.Namespace, hasGateway: asked.Gateway is not null, asked.Time, loggers);
        await using ClusterStatus status = new(
            cluster, asked.Gateway, $"{Environment.MachineName}_{Guid.NewGuid():N}", asked.Time, loggers);
        ClusterSource source = await ClusterSource.StartAsync(
            cluster,
            status,
            new ClusterReader(settings, asked.RequiresPolicy),
            asked.Gateway is string name ? new GatewayObject(cluster.Requests, cluster.Objects, cluster.Namespace, name) : null,
            watched,
            asked.Time,
            loggers.CreateLogger<ClusterSource>(),
            cancellationToken);
        GatewayConfiguration configuration = source.Started.Configuration;
        return await GatewayRunner.RunAsync(
            configuration,
            source,
            asked.Time,
            observer: null,
            onListening,
            portInUse: $"{configuration.Listen.Authority} is in use. Stop the program that uses it, or set another port in 'listen'.",
            log,
            cancellationToken);
    }
}
