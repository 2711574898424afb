namespace Sluice.Redis.Tests;

/// <summary>Counts the runs of scripts, and can be cut, or leave them without an answer for a time.</summary>
internal sealed class CountingConnection(IRedisConnection connection) : IRedisConnection
{
    private int _runs;
    private int _answered;
    private TaskCompletionSource? _silence;

    internal bool IsCut { get; set; }

    internal int Runs => Volatile.Read(ref _runs);

    internal int Answered => Volatile.Read(ref _answered);

    public bool IsReady => connection.IsReady;

    public bool HasUnread => connection.HasUnread;

    public Task ReadyAsync() => connection.ReadyAsync();

    public Task RefreshAsync() => connection.RefreshAsync();

    public async Task<byte[]> RunAsync(RedisScript script, string[] keys, byte[][] arguments, bool loads)
    {
        Interlocked.Increment(ref _runs);
        try
        {
            bool isLost = _silence is not null;
            await (_silence?.Task ?? Task.CompletedTask);
            return IsCut || isLost
                ? throw new RedisFaultException(RedisFaultKind.Connection, "cut")
                : await connection.RunAsync(script, keys, arguments, loads);
        }
        finally
        {
            Interlocked.Increment(ref _answered);
        }
    }

    /// <summary>From now on no run has an answer. At the end of it they fail.</summary>
    internal void BeSilent() => _silence = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends the silence.</summary>
    internal void Answer()
    {
        _silence?.SetResult();
        _silence = null;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
