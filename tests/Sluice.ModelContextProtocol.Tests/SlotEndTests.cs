using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sluice.ModelContextProtocol.Tests;

/// <summary>A call to a limited C# server holds its slot until it ends, however it ends, and frees one slot then.</summary>
/// <remarks>Another call runs in the meantime, so a slot that is released twice would be that call's.</remarks>
public sealed class SlotEndTests
{
    [Theory]
    [InlineData("echo")]
    [InlineData("fail")]
    [InlineData("ask")]
    public async Task Call_Ends_FreesOneSlot(string tool)
    {
        await using Blocking blocking = await Blocking.StartAsync();
        Task<CallToolResult> other = blocking.BlockAsync();
        await blocking.RunningAsync(1);

        await Record.ExceptionAsync(() => blocking.Server.CallAsync(tool, tool == "ask" ? null : "x"));

        await blocking.ShouldHaveFreedOneAsync();
        blocking.End();
        await other;
    }

#if !OLDEST_SDK // With 2.3.1 the token of a tool is not cancelled when the client cancels its call: the slot is free when the tool ends.
    [Fact]
    public async Task Client_CancelsItsCall_FreesOneSlot()
    {
        await using Blocking blocking = await Blocking.StartAsync();
        Task<CallToolResult> other = blocking.BlockAsync();
        using CancellationTokenSource cancels = new();
        Task<CallToolResult> call = blocking.BlockAsync(cancels.Token);
        await blocking.RunningAsync(2);

        await cancels.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        await blocking.RunningAsync(1);
        await blocking.ShouldHaveFreedOneAsync();
        blocking.End();
        await other;
    }
#endif

    /// <summary>A server with two slots, and a tool that runs until the test ends it.</summary>
    private sealed class Blocking : IAsyncDisposable
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _running;

        internal RunningServer Server { get; private set; } = null!;

        internal static async Task<Blocking> StartAsync()
        {
            Blocking blocking = new();
            blocking.Server = await RunningServer.StartAsync(builder => builder
                .WithTools([McpServerTool.Create(blocking.WaitAsync, new() { Name = "block" })])
                .WithRateLimits(limits => limits.Limit("at-once", limit => limit.Concurrency(2))));
            return blocking;
        }

        internal Task<CallToolResult> BlockAsync(CancellationToken cancellationToken = default) =>
            Server.Client.CallToolAsync("block", cancellationToken: cancellationToken).AsTask();

        internal Task RunningAsync(int count) => Eventually.HoldsAsync(() => Volatile.Read(ref _running) == count);

        /// <summary>One of two slots is free, and the other call still has its own.</summary>
        internal async Task ShouldHaveFreedOneAsync()
        {
            Task<CallToolResult> next = await AdmittedAsync();
            McpProtocolException rejection = await Server.RefusedAsync("echo");
            $"{rejection.Data["limit"]} {rejection.Data["running"]}".ShouldBe("at-once 2");
            next.IsCompleted.ShouldBeFalse();
        }

        internal void End() => _end.TrySetResult();

        public async ValueTask DisposeAsync()
        {
            End();
            await Server.DisposeAsync();
        }

        // A client knows of the end of its call before the server has ended it.
        private async Task<Task<CallToolResult>> AdmittedAsync()
        {
            Task<CallToolResult>? next = null;
            await Eventually.HoldsAsync(async () =>
            {
                next = BlockAsync();
                await Eventually.HoldsAsync(() => next.IsCompleted || Volatile.Read(ref _running) == 2);
                return !next.IsCompleted;
            });
            return next!;
        }

        private async Task<string> WaitAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _running);
            try
            {
                await _end.Task.WaitAsync(cancellationToken);
                return "ended";
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }
}
