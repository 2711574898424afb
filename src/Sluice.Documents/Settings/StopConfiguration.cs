namespace Sluice.Documents;

/// <summary>How the gateway stops when it is told to.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record StopConfiguration
{
    /// <summary>The longest <see cref="Delay"/>: 10 minutes.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(10);

    /// <summary>The longest <see cref="Drain"/>: 1 day.</summary>
    public static readonly TimeSpan MaxDrain = TimeSpan.FromDays(1);

    /// <summary>The settings of a gateway that has none.</summary>
    public static StopConfiguration Default { get; } = new();

    /// <summary>How long the gateway goes on accepting connections after the signal, so that load balancers can notice the stop.</summary>
    /// <value>From 0 to 10 minutes. The default is 0.</value>
    public TimeSpan Delay { get; init; } = TimeSpan.Zero;

    /// <summary>How long calls in flight may take after the delay; then each gets an error with its id.</summary>
    /// <value>From 0 to 1 day. The default is 10 s.</value>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);
}
