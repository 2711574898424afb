using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.StoreContracts;

namespace Sluice.Redis.Tests;

/// <summary>The store over a real server, by the clock of the test, without anything remembered in this process.</summary>
public class RedisUnderTest : StoreUnderTest
{
    private static readonly ConditionalWeakTable<IRateLimitStore, Origin> Opened = [];
    private static int _stores;

    /// <summary>In microseconds from the epoch, so that 2^53 of them is the year 2255; a test starts in 2026.</summary>
    public override TimeSpan LastInstant => TimeSpan.FromDays(30_000);

    public override TimeSpan Resolution => TimeSpan.FromMicroseconds(1);

    public override bool RemembersEveryReading => false;

    public override bool HasWallClock => false;

    public override long CounterCeiling => uint.MaxValue;

    /// <summary>The layout of the keys.</summary>
    protected virtual RedisKeyLayout Layout => RedisKeyLayout.Compact;

    // Beyond that a token bucket rounds by larger parts when its rate changes.
    public override bool IsExactFor(Rate rate) =>
        rate.RefillPeriod.Ticks % TimeSpan.TicksPerMicrosecond == 0
        && StepNumbers.Of(rate).StepMicros == 1
        && rate.MaxTokens <= int.MaxValue / TimeSpan.TicksPerMicrosecond;

    // Debts are counted up to 2^53 µs from 1970, which is the year 2255; a history has at most a few dozen charges.
    public override int LargestForcedCharge(Rate rate) =>
        (int)Math.Clamp((1L << 52) / 64 / Math.Max(1, rate.RefillPeriod.Ticks / TimeSpan.TicksPerMicrosecond / rate.MaxTokens), 1, int.MaxValue);

    public override bool OutlivesProcesses => true;

    /// <summary>With <c>SLUICE_LONG_RUNS=1</c> runs are as long as for the store in memory.</summary>
    public sealed override int ShorterRuns => Environment.GetEnvironmentVariable("SLUICE_LONG_RUNS") == "1" ? 1 : UsualShorterRuns;

    /// <summary>Without that variable.</summary>
    protected virtual int UsualShorterRuns => 8;

    public override IRateLimitStore Create(ManualTimeProvider time) =>
        Open(new Origin($"t{Environment.ProcessId}-{Interlocked.Increment(ref _stores)}", ScriptClock.Of(time), ScriptClock.SharesOf(time), time));

    public override IRateLimitStore AfterCrash(IRateLimitStore crashed, ManualTimeProvider time) =>
        Opened.TryGetValue(crashed, out Origin? opened)
            ? Open(opened) // The clock of the server goes on.
            : throw new ArgumentException("It is no store of this kind.", nameof(crashed));

    /// <summary>What the store is told of shares; null for none.</summary>
    protected virtual RedisSharesOptions? Shares => null;

    /// <summary>The clock of the process.</summary>
    protected virtual TimeProvider ClockOf(ManualTimeProvider time) => TimeProvider.System;

    /// <summary>Prepares the store that has just been made.</summary>
    private protected virtual void Prepare(RedisStore store, string prefix)
    {
    }

    private RedisStore Open(Origin origin)
    {
        RedisStoreOptions options = new()
        {
            KeyPrefix = origin.Prefix,
            RememberRefusals = TimeSpan.Zero,
            Timeout = TimeSpan.FromSeconds(5),
            LocalMaxKeys = 1_024,
            Layout = Layout,
            Shares = Shares,
        };
        RedisStore store = new(
            options, Connection, origin.Decision, ClockOf(origin.Time), NullLoggerFactory.Instance, heartbeats: null, origin.OfShares);
        Opened.Add(store, origin);
        Prepare(store, origin.Prefix);
        return store;
    }

    /// <summary>The connection to the servers, which all stores of a kind share.</summary>
    internal virtual IRedisConnection Connection => Single.Value;

    private static readonly Lazy<IRedisConnection> Single = new(() => SharedConnection.To(RedisServer.Shared.Value.Configuration));

    private sealed record Origin(string Prefix, DecisionScript Decision, ShareScripts OfShares, ManualTimeProvider Time);
}
