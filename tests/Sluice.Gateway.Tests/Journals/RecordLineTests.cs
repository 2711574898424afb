using System.Buffers;
using System.Collections.Immutable;
using System.Text;

namespace Sluice.Gateway.Tests.Journals;

/// <summary>The lines of the record: what is written is read back.</summary>
public sealed class RecordLineTests
{
    [Fact]
    public void Write_RandomEvents_AreReadBackAsTheyWere()
    {
        Random random = new(Seeds.AnnounceAny());
        for (int i = 0; i < 5_000; i++)
        {
            RecordedEvent written = RandomEvent(random);
            string line = Write(written);

            RecordReader.TryRead(Encoding.UTF8.GetBytes(line), out RecordedEvent? read, out string? wrong).ShouldBeTrue(wrong);

            read.ShouldBeOfType(written.GetType());
            Write(read).ShouldBe(line);
            line.ShouldAllBe(c => char.IsAscii(c));
            line.IndexOf('\n', StringComparison.Ordinal).ShouldBe(line.Length - 1);
        }
    }

    [Fact]
    public void Read_Call_HasEveryField()
    {
        RecordedCall written = new()
        {
            Moment = new RecordedMoment(
                At: new DateTimeOffset(2026, 11, 29, 0, 42, 3, TimeSpan.Zero).AddTicks(1_234_567),
                Run: new DateTimeOffset(2026, 11, 29, 0, 40, 0, TimeSpan.Zero).AddTicks(1),
                Number: 17,
                Ticks: 1_231_234_566,
                Slept: TimeSpan.FromSeconds(3)),
            Server = "echo",
            Method = "tools/call",
            Name = "search",
            Backend = "github",
            Caller = new HashedCaller { Issuer = "i", User = "u", Tenant = "t", Client = "c", SpansTenants = true, Claims = [new("team", ["a", "b"])] },
            Cost = 2,
            MaxWait = TimeSpan.FromSeconds(1),
            Outcome = RateLimitOutcome.Denied,
            Limit = "search/perUser",
            Remaining = 1,
            Running = 4,
            RetryAfter = TimeSpan.FromTicks(12_000_001),
            Delay = TimeSpan.FromTicks(7),
            WouldRefuse = ["shared"],
            ConfigVersion = "3f9a",
        };

        Write(written).ShouldBe(
            """{"at":"2026-11-29T00:42:03.1234567Z","run":"2026-11-29T00:40:00.0000001Z","n":17,"ticks":1231234566,"sleptTicks":30000000,"server":"echo","operation":"tools/call","name":"search","backend":"github","issuer":"i","user":"u","tenant":"t","client":"c","spansTenants":true,"claims":{"team":["a","b"]},"cost":2,"maxWaitTicks":10000000,"outcome":"refused","source":"store","limit":"search/perUser","remaining":1,"running":4,"retryAfterTicks":12000001,"delayTicks":7,"wouldRefuse":["shared"],"config":"3f9a"}"""
            + "\n");
        RecordReader.TryRead(Encoding.UTF8.GetBytes(Write(written)), out RecordedEvent? read, out _).ShouldBeTrue();
        RecordedCall call = read.ShouldBeOfType<RecordedCall>();
        call.Time.ShouldBe(written.Time);
        (call with { Caller = written.Caller, WouldRefuse = written.WouldRefuse }).ShouldBe(written);
    }

    [Fact]
    public void Read_FieldOfALaterVersion_IsSkipped() =>
        RecordReader.TryRead(
            """{"later":{"x":[1,{}]},"at":"2026-11-29T00:42:03Z","server":"s","operation":"tools/call","cost":1,"outcome":"allowed"}"""u8,
            out RecordedEvent? _,
            out string? wrong).ShouldBeTrue(wrong);

    [Theory]
    [InlineData("", "is not JSON")]
    [InlineData("[]", "is not a JSON object")]
    [InlineData("{}", "'at'")]
    [InlineData("""{"at":"yesterday"}""", "'at'")]
    [InlineData("""{"at":"2026-11-29T00:42:03Z"}""", "lacks 'server'")]
    [InlineData("""{"at":"2026-11-29T00:42:03Z","server":"s","operation":"o","cost":0,"outcome":"allowed"}""", "'cost'")]
    [InlineData("""{"at":"2026-11-29T00:42:03Z","server":"s","operation":"o","cost":1,"outcome":"maybe"}""", "'outcome'")]
    [InlineData("""{"at":"2026-11-29T00:42:03Z","server":"s","operation":"o","cost":1,"outcome":"allowed","source":"x"}""", "'source'")]
    [InlineData("""{"at":"2026-11-29T00:42:03Z","run":"2026-11-29T00:42:03Z","server":"s","operation":"o","cost":1,"outcome":"allowed"}""", "'run'")]
    [InlineData("""{"event":"refund","at":"2026-11-29T00:42:03Z"}""", "'call'")]
    [InlineData("""{"event":"other","at":"2026-11-29T00:42:03Z"}""", "'event'")]
    [InlineData("""{"at":"2026-11-29T00:42:03Z","server":"s"} {}""", "is not JSON")]
    [InlineData("""{"at":"2026-11-29T00:42:03Z","server":"\ud800"}""", "not Unicode")]
    [InlineData("""{"at":"2026-11-29T00:42:03Z","claims":{"":["x"]}}""", "'claims'")]
    public void Read_WrongLine_SaysWhatIsWrong(string line, string expected)
    {
        RecordReader.TryRead(Encoding.UTF8.GetBytes(line), out RecordedEvent? _, out string? wrong).ShouldBeFalse();

        wrong.ShouldContain(expected);
    }

    private static string Write(RecordedEvent recorded)
    {
        using RecordWriter writer = new();
        ArrayBufferWriter<byte> buffer = new();
        writer.Write(recorded, buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static RecordedEvent RandomEvent(Random random)
    {
        DateTimeOffset at = new(random.NextInt64(DateTimeOffset.UnixEpoch.Ticks, DateTimeOffset.UnixEpoch.AddYears(200).Ticks), TimeSpan.Zero);
        DateTimeOffset? run = random.Next(4) == 0 ? null : at.AddTicks(-random.NextInt64(1_000_000_000_000));
        long number = run is null ? 0 : random.NextInt64(1, long.MaxValue);
        long ticks = run is null ? 0 : random.NextInt64();
        TimeSpan slept = run is null || random.Next(3) != 0 ? TimeSpan.Zero : new TimeSpan(random.NextInt64());
        RecordedMoment moment = new(at, run, number, ticks, slept);
        HashedCaller caller = new()
        {
            Issuer = Maybe(random),
            User = Maybe(random),
            Tenant = Maybe(random),
            Client = Maybe(random),
            SpansTenants = random.Next(2) == 0,
            Claims = random.Next(2) == 0 ? [] : [new(Text(random) + "x", [Text(random), Text(random)])],
        };
        ImmutableArray<string> names = random.Next(2) == 0 ? [] : [Text(random), Text(random)];
        return random.Next(4) switch
        {
            0 => new RecordedChange
            {
                Moment = moment,
                Change = (StoreChange)random.Next(1, 5),
                Call = random.NextInt64(1, long.MaxValue),
                Limits = names,
            },
            1 => new RecordedReset
            {
                Moment = moment,
                Server = Text(random),
                Caller = caller,
                Limits = names,
            },
            _ => RandomCall(random, caller, names) with { Moment = moment },
        };
    }

    private static RecordedCall RandomCall(Random random, HashedCaller caller, ImmutableArray<string> names)
    {
        RateLimitOutcome outcome = (RateLimitOutcome)random.Next(3);
        bool lacksIdentity = random.Next(10) == 0;
        return new RecordedCall
        {
            Moment = default,
            Again = random.Next(2) * random.NextInt64(1, 100),
            Server = Text(random),
            Method = Text(random),
            Name = Maybe(random),
            Backend = Maybe(random),
            Caller = caller,
            Cost = random.Next(1, int.MaxValue),
            MaxWait = new TimeSpan(random.NextInt64(3)),
            Outcome = outcome,
            Source = lacksIdentity ? default : (DecisionSource)random.Next(3),
            LacksIdentity = lacksIdentity,
            Limit = Maybe(random),
            Remaining = random.Next(2) == 0 ? int.MaxValue : random.Next(),
            Running = random.Next(3),
            RetryAfter = outcome == RateLimitOutcome.Unsatisfiable ? Timeout.InfiniteTimeSpan : new TimeSpan(random.NextInt64()),
            Delay = new TimeSpan(random.NextInt64(2)),
            WouldRefuse = names,
            ConfigVersion = random.Next(2) == 0 ? "" : "3f9a",
        };
    }

    private static string? Maybe(Random random) => random.Next(2) == 0 ? null : Text(random);

    private static string Text(Random random) => string.Concat(
        Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(6) switch
        {
            0 => "\"",
            1 => "\\n\n\r\t\0",
            2 => "\u2028\u0085é",
            3 => "😀",
            4 => "</script>",
            _ => ((char)random.Next('!', '~')).ToString(),
        }));
}
