using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests;

/// <summary>What <c>run --stdio</c> does to calls, in front of a server that is a line of shell.</summary>
public sealed class StdioProxyLimitTests : IDisposable
{
    private const string Done = """{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete"}}""";
    private const string Asks = """{"jsonrpc":"2.0","id":1,"result":{"inputRequests":{},"resultType":"input_required"}}""";
    private const string Repeats = """{"jsonrpc":"2.0","id":1,"result":{"structuredContent":{"resultType":"input_required"}}}""";
    private const string Modern = ""","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}""";
    private readonly string _server = $"stdio-{Guid.NewGuid():N}";
    private readonly CapturedLog _log = new();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Call_BeyondAPermissiveLimit_IsPassedAndReported()
    {
        string[] answers = await RunAsync(limits => limits.PerUser("1/1d").Mode(LimitMode.Permissive), Done, Call(""), Call(""), Call(""));

        answers.ShouldBe([Done, Done, Done]);
        _log.Lines.Where(line => line.Contains("permissive")).ShouldBe(
        [
            $"The permissive limit 'perUser' of '{_server}' would now reject calls.",
            $"The permissive limit 'perUser' of '{_server}' would have rejected 2 calls since the last report.",
        ]);
    }

    [Fact]
    public async Task Call_ServerAsksForInput_IsRefunded()
    {
        string[] answers = await RunAsync(limits => limits.PerUser("1/1d"), Asks, Call(Modern), Call(Modern), Call(Modern));

        answers.ShouldBe([Asks, Asks, Asks]);
    }

    [Theory]
    [InlineData(Done, true)]
    [InlineData(Repeats, true)]
    [InlineData(Asks, false)]
    public async Task Call_AnswerThatDoesNotAskAModernClientForInput_StaysCharged(string answer, bool isModern)
    {
        string[] answers = await RunAsync(
            limits => limits.PerUser("1/1d"), answer, Call(isModern ? Modern : ""), Call(isModern ? Modern : ""));

        answers[0].ShouldBe(answer);
        answers[1].ShouldContain("Rate limit exceeded");
    }

    [Fact]
    public async Task Calls_OfEachOutcome_AreCounted()
    {
        using Measurements seen = new(_server);

        await RunAsync(limits => limits.PerUser("1/1d"), Done, Call(""), Call(""), "{", """{"jsonrpc":"2.0","id":1,"method":"ping"}""");

        seen.Counted("sluice.calls").ShouldBe(
        [
            "{outcome=allowed,source=store} 1",
            "{outcome=invalid,source=none} 1",
            "{outcome=refused,source=store} 1",
            "{outcome=unmetered,source=none} 1",
        ]);
    }

    public void Dispose() => _log.Dispose();

    private static string Call(string more) =>
        $$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x" {{more}} } }""";

    /// <summary>Sends calls one after the other, and gives their answers.</summary>
    private async Task<string[]> RunAsync(Action<RateLimitsBuilder> limits, string answer, params string[] calls)
    {
        Pipe input = new();
        Pipe output = new();
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        using CallGate gate = new(
            RateLimitPolicy.Build(_server, limits), new InProcessStore(), _time, loggers.CreateLogger<CallGate>());
        StdioProxy front = new(
            gate,
            new CallerIdentity("urn:test", "user", tenant: null, client: null),
            input.Reader.AsStream(),
            output.Writer.AsStream(),
            Stream.Null,
            TimeSpan.FromSeconds(60),
            TimeSpan.FromSeconds(60),
            TimeProvider.System,
            loggers.CreateLogger<StdioProxy>());
        System.Diagnostics.ProcessStartInfo start = CommandStart.Of(
            new() { Command = "sh", Arguments = ["-c", "while read -r line; do printf '%s\\n' \"$0\"; done", answer] }, inheritAll: true);
        Task<int> running = front.RunAsync(start, CancellationToken.None, CancellationToken.None);
        using StreamReader reader = new(output.Reader.AsStream());
        List<string> answers = [];
        foreach (string call in calls)
        {
            await input.Writer.WriteAsync(Encoding.UTF8.GetBytes(call + "\n"));
            answers.Add((await reader.ReadLineAsync().WaitAsync(Eventually.Patience)).ShouldNotBeNull());
        }

        await input.Writer.CompleteAsync();
        await running.WaitAsync(Eventually.Patience);
        _time.Advance(TimeSpan.FromMinutes(1));
        return [.. answers];
    }
}
