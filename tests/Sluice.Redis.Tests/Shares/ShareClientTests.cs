using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Redis.Tests;

/// <summary>The client of one lane over a real server, on clocks that the test moves together.</summary>
public sealed class ShareClientTests : IAsyncDisposable
{
    private const long Step = 50_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly ShareNumbers Numbers = ShareNumbers.Of(1_000, 1_000, TimeSpan.FromSeconds(1))!.Value;
    private readonly ShareScriptScene _scene = new();
    private readonly FakeTimeProvider _time = new();
    private readonly CountingConnection _connection = new(ShareScriptScene.Shared);
    private readonly ShareClient _client;
    private readonly ShareBucket _bucket;

    public ShareClientTests()
    {
        ShareSettings settings = ShareSettings.Of(TimeSpan.FromSeconds(3));
        _client = new(_connection, _scene.Script, _scene.Key, settings, _time, NullLogger.Instance);
        _client.Start();
        _bucket = _client.Bucket("bucket", Numbers);
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task Acquire_EpochIsYoung_IsUnavailable() =>
        (await _client.AcquireAsync(_bucket, 1)).Outcome.ShouldBe(ShareOutcome.Unavailable);

    [Fact]
    public async Task Acquire_ShareIsHeld_IsDecidedWithoutACommand()
    {
        await HoldShareAsync();
        int runs = _connection.Runs;
        int admitted = 0;
        for (int i = 0; i < 50; i++)
        {
            admitted += (await _client.AcquireAsync(_bucket, 1)).Outcome == ShareOutcome.Admitted ? 1 : 0;
        }

        admitted.ShouldBe(50);
        _connection.Runs.ShouldBe(runs);
    }

    [Fact]
    public async Task Acquire_RedisDoesNotAnswer_UsesTheShareUntilItEndsAndIsThenUnavailable()
    {
        await HoldShareAsync();
        _connection.IsCut = true;
        (await _client.AcquireAsync(_bucket, 1)).Outcome.ShouldBe(ShareOutcome.Admitted);
        Pass(3_000_000);
        (await _client.AcquireAsync(_bucket, 1)).Outcome.ShouldBe(ShareOutcome.Unavailable);
    }

    [Fact]
    public async Task Acquire_CostsMoreThanTheShareHolds_TakesTheRestFromTheRemainder()
    {
        await HoldShareAsync();
        int parts = _bucket.Share.Parts;
        parts.ShouldBeLessThan(ShareNumbers.Parts);
        ulong tokens = (ulong)(Numbers.Capacity(parts) / Numbers.TokenUnits) + 20;
        RemainderAnswer before = await PeekAsync();
        long held = _bucket.Share.LevelAt(NowMicros);

        ShareDecision decision = await _client.AcquireAsync(_bucket, tokens);

        decision.ShouldSatisfyAllConditions(
            one => one.Outcome.ShouldBe(ShareOutcome.Admitted),
            one => one.IsByServer.ShouldBeFalse());
        ((await PeekAsync()).Level - before.Level).ShouldBe(held - Numbers.Cost(tokens));
        _bucket.Share.LevelAt(NowMicros).ShouldBe(0);
    }

    [Fact]
    public async Task Charge_MoreThanTheShareHas_TakesTheRestFromTheRemainder()
    {
        await HoldShareAsync();
        RemainderAnswer before = await PeekAsync();
        long held = _bucket.Share.LevelAt(NowMicros);
        ulong tokens = (ulong)(held / Numbers.TokenUnits) + 50;

        await _client.ChargeAsync(_bucket, tokens);
        _bucket.Share.LevelAt(NowMicros).ShouldBe(0);
        ((await PeekAsync()).Level - before.Level).ShouldBe(held - Numbers.Cost(tokens));

        await _client.RefundAsync(_bucket, tokens); // Back into the share as far as it fits.
        _bucket.Share.LevelAt(NowMicros).ShouldBe(Numbers.Capacity(_bucket.Share.Parts));
    }

    [Fact]
    public async Task Reset_BucketIsUsedUp_FillsTheRemainderAtOnceAndTheShareAtTheNextMessage()
    {
        await HoldShareAsync();
        await _client.ChargeAsync(_bucket, 1_000);
        (await PeekAsync()).Level.ShouldBeLessThan(Numbers.Cost(10));

        await _client.ResetAsync(_bucket);
        RemainderAnswer answer = await PeekAsync();
        answer.Level.ShouldBe(Numbers.Capacity(answer.Parts));
        long reset = _bucket.Last.ResetMicros;
        await UntilAsync(() => _bucket.Last.ResetMicros != reset);

        // The client fills the share next, on its own thread. The clock stands, so nothing else can fill it.
        DateTimeOffset end = DateTimeOffset.UtcNow + Patience;
        while (!IsFull() && DateTimeOffset.UtcNow < end)
        {
            await Task.Yield();
        }

        IsFull().ShouldBeTrue();

        bool IsFull() => _bucket.Share.LevelAt(NowMicros) > Numbers.Capacity(_bucket.Share.Parts) - Numbers.Cost(5);
    }

    private long NowMicros => _time.GetElapsedTime(_client.OriginTimestamp).Ticks / TimeSpan.TicksPerMicrosecond;

    private Task<RemainderAnswer> PeekAsync() => _scene.AskAsync(RemainderVerb.Peek, 99, "bucket", Numbers, 0);

    // Until this process has a share, and the bucket is full.
    private async Task HoldShareAsync()
    {
        await UntilAsync(() => _bucket.Share.Parts > 0, tokens: 20);
        for (int i = 0; i < 60; i++)
        {
            await UntilAsync(() => true);
        }
    }

    private async Task UntilAsync(Func<bool> isTrue, ulong tokens = 2)
    {
        DateTimeOffset end = DateTimeOffset.UtcNow + Patience;
        do
        {
            await CallAsync(tokens);
            Pass(Step);
            while (_connection.Answered < _connection.Runs && DateTimeOffset.UtcNow < end)
            {
                await Task.Yield();
            }

            DateTimeOffset.UtcNow.ShouldBeLessThan(end);
        }
        while (!isTrue());
    }

    private async Task CallAsync(ulong tokens) => await _client.AcquireAsync(_bucket, tokens);

    private void Pass(long micros)
    {
        _scene.Clock += micros;
        _time.Advance(TimeSpan.FromMicroseconds(micros));
    }

    /// <summary>Counts the runs of scripts, and can be cut.</summary>
    private sealed class CountingConnection(IRedisConnection connection) : IRedisConnection
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
}
