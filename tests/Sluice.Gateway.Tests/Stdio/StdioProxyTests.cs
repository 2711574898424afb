using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests;

public sealed class StdioProxyTests
{
    [Fact]
    public async Task Call_ThatTheServerIsNotGiven_GetsAnErrorAndIsRefunded()
    {
        InProcessStore store = new(new InProcessStoreOptions(), TimeProvider.System);
        CallerIdentity caller = new("test", "user", tenant: null, client: null);
        RateLimitPolicy policy = RateLimitPolicy.Compile(
            "stdio", new RateLimitingSettings { PerUser = new Rate(1, TimeSpan.FromDays(1)) }, out ImmutableArray<SettingsFault> _)!;
        string filler = new('x', StdioProxy.MaxMessageBytes - 1_000);
        StringBuilder input = new();
        for (int sent = 0; sent < ChildProgram.MaxQueuedBytes; sent += filler.Length)
        {
            input.Append($$$"""{"jsonrpc":"2.0","method":"notifications/x","params":{"x":"{{{filler}}}"}}""").Append('\n');
        }

        input.Append($$$$"""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","arguments":{"x":"{{{{filler}}}}"}}}""").Append('\n');
        using MemoryStream output = new();
        StdioProxy proxy = new(
            new CallGate(policy, store, TimeProvider.System, NullLogger<CallGate>.Instance),
            caller,
            new MemoryStream(Encoding.UTF8.GetBytes(input.ToString())),
            output,
            Stream.Null,
            timeout: Eventually.Patience,
            drain: Eventually.Patience,
            TimeProvider.System,
            NullLogger<StdioProxy>.Instance);

        // A program that does not read its input.
        await proxy.RunAsync(
            CommandStart.Of(new CommandUpstreamConfiguration { Command = "sleep", Arguments = ["1000"] }, inheritAll: true), default, default);

        Encoding.UTF8.GetString(output.ToArray()).ShouldBe(
            """{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"The server did not answer: its process does not read its standard input."}}"""
            + "\n");
        ApplicableLimits limits = policy.Select("tools/call", "a", caller);
        store.Peek(new(limits, caller), []).IsAllowed.ShouldBeTrue();
    }

    [Fact]
    public async Task Calls_ThatAreHeld_AreForwardedInOrderAndACancelledOneIsNot()
    {
        ManualTimeProvider time = new();
        CallerIdentity caller = new("test", "user", tenant: null, client: null);
        RateLimitPolicy policy = RateLimitPolicy.Build("stdio", limits => limits.PerUser("1/1s").Wait(TimeSpan.FromSeconds(30)));
        using CallGate gate = new(
            policy, new InProcessStore(new InProcessStoreOptions { MaxKeys = 100 }, time), time, NullLogger<CallGate>.Instance);
        string[] input =
        [
            Call(1), Call(2), Call(3), """{"jsonrpc":"2.0","id":9,"method":"ping"}""",
            """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}""", Call(4), Call(5),
        ];
        using MemoryStream output = new();
        StdioProxy proxy = new(
            gate,
            caller,
            new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(input.Select(line => line + "\n")))),
            output,
            Stream.Null,
            timeout: Eventually.Patience,
            drain: Eventually.Patience,
            TimeProvider.System,
            NullLogger<StdioProxy>.Instance);

        // A program that answers every request that it is given.
        const string Answers = """s/.*"id":\([0-9]*\).*/{"jsonrpc":"2.0","id":\1,"result":{}}/""";
        Task run = proxy.RunAsync(
            CommandStart.Of(new CommandUpstreamConfiguration { Command = "sed", Arguments = ["-u", Answers] }, inheritAll: true), default, default);
        await Eventually.HoldsAsync(() => gate.HeldCount == 3); // 3, 4 and 5.
        await AnsweredAsync(9); // It does not wait for the calls before it.
        time.Advance(TimeSpan.FromSeconds(1)); // The instant of the one that was cancelled.
        foreach (int id in Enumerable.Range(3, 3))
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await AnsweredAsync(id);
        }

        await run;
        Text().ShouldBe(string.Concat(Enumerable.Range(3, 3).Prepend(9).Prepend(1).Select(id => Answer(id) + "\n")));

        Task AnsweredAsync(int id) => Eventually.HoldsAsync(() => Text().Contains(Answer(id), StringComparison.Ordinal));
        string Text() => Encoding.UTF8.GetString(output.ToArray());
    }

    private static string Call(int id) => $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"a"}}""";

    private static string Answer(int id) => $$$"""{"jsonrpc":"2.0","id":{{{id}}},"result":{}}""";
}
