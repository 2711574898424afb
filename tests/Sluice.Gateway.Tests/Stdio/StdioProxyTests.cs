using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Configuration;
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
            timeout: StdioGateway.Patience,
            drain: StdioGateway.Patience,
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
}
