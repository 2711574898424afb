using Sluice.Configuration;
using Sluice.Kubernetes;

namespace Sluice.Gateway;

/// <summary><c>sluice run --kubernetes</c>: the gateway with the objects of a cluster as its configuration.</summary>
internal static class KubernetesRun
{
    /// <summary>Runs the gateway.</summary>
    /// <param name="file">The file with its settings; null for the defaults.</param>
    /// <param name="kubeconfig">The kubeconfig; null for the pod's service account, or else the file that kubectl reads.</param>
    /// <param name="space">The namespace to follow; null for all.</param>
    /// <param name="log">How much is logged.</param>
    /// <param name="onListening">Called once the gateway is ready.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static async Task<int> RunAsync(
        string? file, string? kubeconfig, string? space, LogSettings log, Action<Uri, Uri?> onListening, CancellationToken cancellationToken)
    {
        ReadingOptions options = ReadingOptions.ToRead with { IsToRun = true, IsWithCluster = true };
        GatewayFileResult result = file is null
            ? GatewayFile.Parse("", "(no file)", ProcessValueSource.Instance, options)
            : GatewayFile.Load(file, ProcessValueSource.Instance, options);
        if (result.Configuration is not GatewayConfiguration settings)
        {
            Console.Error.WriteLine(FaultFormatter.Format(result.Faults));
            return CommandLine.Failure;
        }

        if (ClusterConnection.Open(kubeconfig, out string? why) is not ClusterConnection connection)
        {
            return CommandLine.Fail($"--kubernetes: {why}");
        }

        using ILoggerFactory loggers = LoggerFactory.Create(logging => GatewayLog.Configure(logging, log));
        await using ClusterFollower cluster = new(connection, space, TimeProvider.System, loggers);
        await using ClusterStatus status = new(cluster, $"{Environment.MachineName}_{Guid.NewGuid():N}", TimeProvider.System, loggers);
        ClusterSource source = await ClusterSource.StartAsync(cluster, status, settings, cancellationToken);
        GatewayConfiguration configuration = source.Started.Configuration;
        return await GatewayRunner.RunAsync(
            configuration,
            source,
            TimeProvider.System,
            observer: null,
            onListening,
            portInUse: $"{configuration.Listen.Authority} is in use. Stop the program that uses it, or set another port in 'listen'.",
            log,
            cancellationToken);
    }
}
