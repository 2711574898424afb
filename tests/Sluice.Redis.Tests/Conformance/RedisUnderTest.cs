using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Conformance;

namespace Sluice.Redis.Tests;

/// <summary>The store over a real server, by the clock of the test, without anything remembered in this process.</summary>
public class RedisUnderTest : StoreUnderTest
{
    private static int _stores;

    /// <summary>In microseconds from the epoch, so that 2^53 of them is the year 2255; a test starts in 2026.</summary>
    public override TimeSpan LastInstant => TimeSpan.FromDays(30_000);

    public override TimeSpan Resolution => TimeSpan.FromMicroseconds(1);

    public override bool RemembersEveryReading => false;

    public override long CounterCeiling => uint.MaxValue;

    /// <summary>The layout of the keys.</summary>
    protected virtual RedisKeyLayout Layout => RedisKeyLayout.Compact;

    // Beyond that a token bucket rounds by larger parts when its rate changes.
    public override bool IsExactFor(Rate rate) =>
        rate.RefillPeriod.Ticks % TimeSpan.TicksPerMicrosecond == 0
        && StepNumbers.Of(rate).StepMicros == 1
        && rate.MaxTokens <= int.MaxValue / TimeSpan.TicksPerMicrosecond;

    public override IRateLimitStore Create(ManualTimeProvider time)
    {
        RedisStoreOptions options = new()
        {
            KeyPrefix = $"t{Environment.ProcessId}-{Interlocked.Increment(ref _stores)}",
            RememberRefusals = TimeSpan.Zero,
            Timeout = TimeSpan.FromSeconds(5),
            LocalMaxKeys = 1_024,
            Layout = Layout,
        };
        return new RedisStore(options, Connection.Value, ScriptClock.Of(time), TimeProvider.System, NullLoggerFactory.Instance);
    }

    private static readonly Lazy<IRedisConnection> Connection = new(() => new SharedConnection(
        StackExchangeConnection.Connect(
            ClientConfiguration.Of(new RedisStoreOptions { Configuration = RedisServer.Shared.Value.Configuration }))));
}
