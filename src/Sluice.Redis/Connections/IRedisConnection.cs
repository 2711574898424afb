namespace Sluice.Redis;

/// <summary>All that the store asks of a Redis client.</summary>
/// <remarks>
/// <para>Every member fails with <see cref="RedisFaultException"/> and nothing else. None needs to answer in time.</para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal interface IRedisConnection : IAsyncDisposable
{
    /// <summary>Whether there is a connection, to a server that Sluice can use.</summary>
    bool IsReady { get; }

    /// <summary>Whether answers may have arrived that this process has not read yet.</summary>
    bool HasUnread { get; }

    /// <summary>Waits until <see cref="IsReady"/>. It fails when the server cannot be used, or while it cannot be reached.</summary>
    Task ReadyAsync();

    /// <summary>Looks again at which servers there are, and which of them are primaries.</summary>
    Task RefreshAsync();

    /// <summary>Runs a script once, where its keys lie.</summary>
    /// <param name="script">The script.</param>
    /// <param name="keys">Its keys.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="loads">
    /// Whether the servers are given the script first. Without it, a server that does not have the script fails with
    /// <see cref="RedisFaultException.IsScriptMissing"/>.
    /// </param>
    Task<byte[]> RunAsync(RedisScript script, string[] keys, byte[][] arguments, bool loads);
}
