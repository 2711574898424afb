namespace Sluice.Redis;

/// <summary>Releases slots in Redis, and retries until Redis has done it.</summary>
/// <remarks>
/// A release may be repeated, since it names the call. A release whose call may still be in flight is repeated once more, later.
/// Thread safety: any thread may ask.
/// </remarks>
internal sealed class SlotReleases : IDisposable
{
    /// <summary>The time between two attempts.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly IRedisConnection _connection;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationToken _stopped;

    internal SlotReleases(IRedisConnection connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
        _stopped = _stopping.Token;
    }

    /// <summary>Releases the slots of a call. The task ends when Redis has done it, or the store is closed.</summary>
    /// <param name="keys">The sets, each with its own hash tag where the layout is spread.</param>
    /// <param name="holder">Who holds them.</param>
    /// <param name="number">The number of the call.</param>
    /// <param name="mayArriveLate">Whether the acquisition had no answer, so that it may come after the first release.</param>
    internal async Task ReleaseAsync(string[][] keys, SlotHolder holder, long number, bool mayArriveLate)
    {
        foreach (string[] some in keys)
        {
            await ReleaseAsync(some, holder, number, mayArriveLate).ConfigureAwait(false);
        }
    }

    /// <summary>Stops the retries: the heartbeat of this process ends, and with it its slots.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task ReleaseAsync(string[] keys, SlotHolder holder, long number, bool mayArriveLate)
    {
        bool isDone = false;
        while (!isDone && !_stopped.IsCancellationRequested)
        {
            try
            {
                await SlotScript.Standard.ReleaseAsync(_connection, keys, holder, number).ConfigureAwait(false);
                isDone = !mayArriveLate;
                mayArriveLate = false;
            }
            catch (RedisFaultException)
            {
                // The breaker of the calls logs that Redis is away. The slot stays until Redis is back, or this process has ended.
            }

            if (!isDone)
            {
                await Task.Delay(Pause, _time, _stopped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
