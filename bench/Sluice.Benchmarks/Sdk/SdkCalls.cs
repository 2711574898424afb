using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;

namespace Sluice.Benchmarks;

/// <summary>A whole call of a tool, from the official client to the official server and back: what does the filter add?</summary>
/// <remarks>Three limits apply: the server's shared one, the user's, and the user's on the tool.</remarks>
public class SdkCalls
{
    private Server? _bare;
    private Server? _limited;

    [GlobalSetup]
    public async Task StartAsync()
    {
        _bare = await Server.StartAsync(_ => { });
        _limited = await Server.StartAsync(builder => builder.WithRateLimits(limits => limits
            .Shared("2000000000/1s")
            .PerUser("2000000000/1s")
            .Tool("echo", tool => tool.PerUser("2000000000/1s"))));
    }

    [Benchmark(Baseline = true)]
    public ValueTask<CallToolResult> Bare() => _bare!.CallAsync();

    [Benchmark]
    public ValueTask<CallToolResult> Limited() => _limited!.CallAsync();

    [GlobalCleanup]
    public async Task StopAsync()
    {
        Require.Acquired((await Limited()).IsError != true);
        await _bare!.DisposeAsync();
        await _limited!.DisposeAsync();
    }
}
