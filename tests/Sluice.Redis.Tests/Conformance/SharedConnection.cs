using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Redis.Tests;

/// <summary>A connection that many stores use one after another, and none of them closes.</summary>
internal sealed class SharedConnection(IRedisConnection connection) : IRedisConnection
{
    /// <summary>A connection to servers, as StackExchange.Redis is told of them.</summary>
    internal static SharedConnection To(string configuration, string? certificateAuthority = null) =>
        new(StackExchangeConnection.Connect(ClientConfiguration.Of(
            new RedisStoreOptions { Configuration = configuration, CertificateAuthority = certificateAuthority, Timeout = TimeSpan.FromSeconds(5) }), TimeProvider.System, NullLogger.Instance));

    public bool HasUnread => connection.HasUnread;

    public bool IsReady => connection.IsReady;

    public Task ReadyAsync() => connection.ReadyAsync();

    public Task RefreshAsync() => connection.RefreshAsync();

    public Task<byte[]> RunAsync(RedisScript script, string[] keys, byte[][] arguments, bool loads) =>
        connection.RunAsync(script, keys, arguments, loads);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
