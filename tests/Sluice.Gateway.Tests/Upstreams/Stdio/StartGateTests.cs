using Microsoft.Extensions.Time.Testing;

namespace Sluice.Gateway.Tests;

public sealed class StartGateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Failed_AgainAndAgain_DoublesTheWaitUpToAMinute()
    {
        StartGate gate = new(_time);
        gate.Remaining.ShouldBe(TimeSpan.Zero);

        foreach (int seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            gate.Failed();
            gate.Remaining.ShouldBe(TimeSpan.FromSeconds(seconds));
            _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            gate.Remaining.ShouldBe(TimeSpan.FromTicks(1));
            _time.Advance(TimeSpan.FromTicks(1));
            gate.Remaining.ShouldBe(TimeSpan.Zero);
        }
    }

    [Fact]
    public void Succeeded_AfterFailures_BeginsAgain()
    {
        StartGate gate = new(_time);
        gate.Failed();
        gate.Failed();

        gate.Succeeded();

        gate.Remaining.ShouldBe(TimeSpan.Zero);
        gate.Failed();
        gate.Remaining.ShouldBe(StartGate.FirstWait);
    }

    [Fact]
    public void LineLog_BeyondItsBound_CountsAndTellsWithTheNextLine()
    {
        List<string> written = [];
        List<long> dropped = [];
        ProgramLog log = new(_time, written.Add, dropped.Add);
        Line line = new("a\u001b[2J\u202eb"u8.ToArray(), default);
        for (int i = 0; i < ProgramLog.MaxLines + 7; i++)
        {
            log.Write(line);
        }

        written.Count.ShouldBe(ProgramLog.MaxLines);
        written[0].ShouldBe("a\\u001b[2J\\u202eb");
        dropped.ShouldBeEmpty();
        _time.Advance(ProgramLog.Window);
        log.Write(new Line("cut"u8.ToArray(), "x"u8.ToArray()));
        written[^1].ShouldBe("cut…");
        dropped.ShouldBe([7L]);
    }
}
