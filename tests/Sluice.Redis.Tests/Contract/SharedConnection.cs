using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Redis.Tests;

/// <summary>A connection that many stores use one after another, and none of them closes.</summary>
internal sealed class SharedConnection(IRedisConnection connection) : IRedisConnection
{
    /// <summary>A connection to servers, as StackExchange.Redis is told of them. It is ready: on a busy machine, that takes longer than a call may.</summary>
    internal static SharedConnection To(string configuration, string? certificateAuthority = null)
    {
        RedisStoreOptions options = new()
        {
            Configuration = configuration,
            CertificateAuthority = certificateAuthority,
            Timeout = TimeSpan.FromSeconds(5),
        };
        SharedConnection connection =
            new(StackExchangeConnection.Connect(ClientConfiguration.Of(options), TimeProvider.System, NullLogger.Instance));
        Task.Run(() => Eventually.HoldsAsync(connection.CanBeReadyAsync)).GetAwaiter().GetResult();
        return connection;
    }

    public bool HasUnread => connection.HasUnread;

    public bool IsReady => connection.IsReady;

    public Task ReadyAsync() => connection.ReadyAsync();

    public Task RefreshAsync() => connection.RefreshAsync();

    public Task<byte[]> RunAsync(RedisScript script, string[] keys, byte[][] arguments, bool loads) =>
        connection.RunAsync(script, keys, arguments, loads);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<bool> CanBeReadyAsync()
    {
        try
        {
            await ReadyAsync();
            return true;
        }
        catch (RedisFaultException)
        {
            return false; // It cannot be reached yet.
        }
    }
}
