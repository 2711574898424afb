namespace Sluice.Redis.Tests;

/// <summary>A connection that many stores use one after another, and none of them closes.</summary>
internal sealed class SharedConnection(IRedisConnection connection) : IRedisConnection
{
    /// <summary>A connection to servers, as StackExchange.Redis is told of them.</summary>
    internal static SharedConnection To(string configuration, string? certificateAuthority = null) =>
        new(StackExchangeConnection.Connect(ClientConfiguration.Of(
            new RedisStoreOptions { Configuration = configuration, CertificateAuthority = certificateAuthority })));

    public Task<byte[]> RunAsync(DecisionScript script, string[] keys, byte[][] arguments) =>
        connection.RunAsync(script, keys, arguments);

    public Task ProbeAsync(string key) => connection.ProbeAsync(key);

    public Task RefreshAsync() => connection.RefreshAsync();

    public Task ReconnectAsync() => connection.ReconnectAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
