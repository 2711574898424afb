namespace Sluice.Redis;

/// <summary>All that the store asks of a Redis client.</summary>
/// <remarks>
/// <para>Every member fails with <see cref="RedisFaultException"/> and nothing else. None needs to answer in time.</para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal interface IRedisConnection : IAsyncDisposable
{
    /// <summary>Runs the script once, where its keys lie; a server that does not have it is given it.</summary>
    Task<byte[]> RunAsync(DecisionScript script, string[] keys, byte[][] arguments);

    /// <summary>Writes a key that is gone a second later, to learn whether the server can be written to.</summary>
    Task ProbeAsync(string key);

    /// <summary>Looks again at which servers there are and what they are.</summary>
    Task RefreshAsync();

    /// <summary>Gives the connections up and makes new ones, where they are the store's own.</summary>
    Task ReconnectAsync();
}
