namespace Sluice.Gateway;

/// <summary>Leaves signals to <see cref="GatewayRunner"/>, which stops the host.</summary>
internal sealed class RunnerLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
