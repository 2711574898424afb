using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>Finds out whether a server denies what the client needs, where the client itself does not say so.</summary>
/// <remarks>
/// <para>
/// StackExchange.Redis reports only the first reason why it cannot connect, until it has connected. If a server is away at first and then
/// denies the user a right, the exceptions still say that there is no connection (see findings/). So a second client with the same options
/// connects now and then, and reports the reason of its own first attempt.
/// </para>
/// <para>Thread safety: any number of threads. One attempt runs at a time.</para>
/// </remarks>
/// <param name="options">How the client connects.</param>
/// <param name="time">The clock of the pauses.</param>
internal sealed class ConnectionDiagnosis(ConfigurationOptions options, TimeProvider time)
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(2);
    private readonly Lock _gate = new();
    private Task<RedisFaultException?>? _attempt;
    private long _begun;

    /// <summary>Returns the result of the last attempt, and starts a new attempt in the background if the last one is old.</summary>
    /// <returns>A fault of the rights or of the password; null if the last attempt found none, or none has ended yet.</returns>
    internal RedisFaultException? Look()
    {
        lock (_gate)
        {
            RedisFaultException? found = _attempt is { IsCompletedSuccessfully: true } ? _attempt.Result : null;
            if (_attempt is null || (_attempt.IsCompleted && time.GetElapsedTime(_begun) >= BetweenAttempts))
            {
                _begun = time.GetTimestamp();
                _attempt = Task.Run(ConnectAsync);
            }

            return found;
        }
    }

    private async Task<RedisFaultException?> ConnectAsync()
    {
        ConfigurationOptions own = options.Clone();
        own.Tunnel = own.Tunnel is UnreadAnswers ? null : own.Tunnel;
        try
        {
            await using ConnectionMultiplexer client = await ConnectionMultiplexer.ConnectAsync(own).ConfigureAwait(false);
            await client.GetDatabase().PingAsync(CommandFlags.DemandMaster).ConfigureAwait(false);
            return null;
        }
        catch (Exception fault)
        {
            RedisFaultException meant = RedisFaults.Of(fault);
            return meant.Kind is RedisFaultKind.Refused or RedisFaultKind.Auth ? meant : null;
        }
    }
}
