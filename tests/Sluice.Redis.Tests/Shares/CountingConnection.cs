namespace Sluice.Redis.Tests;

/// <summary>Counts the runs of scripts, and can be cut.</summary>
internal sealed class CountingConnection(IRedisConnection connection) : IRedisConnection
{
    private int _runs;
    private int _answered;

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
            return IsCut
                ? throw new RedisFaultException(RedisFaultKind.Connection, "cut")
                : await connection.RunAsync(script, keys, arguments, loads);
        }
        finally
        {
            Interlocked.Increment(ref _answered);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
