using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Documents;

namespace Sluice.Gateway.Tests;

public sealed class StdioConnectionTests
{
    [Fact]
    public async Task End_OfAProcess_IsSettledBeforeAnyOfItsCallsFails()
    {
        TaskCompletionSource<StdioConnection> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim settled = new();
        StdioConnection connection = StdioConnection.Start(
            "odd",
            new CommandUpstreamConfiguration { Command = "sh", Arguments = ["-c", "read line; exit 3"] },
            TimeProvider.System,
            NullLogger.Instance,
            (_, _, _) => { },
            process =>
            {
                ended.SetResult(process);
                settled.Wait();
            });

        StdioCall before = connection.Begin("""{"jsonrpc":"2.0","id":1,"method":"ping"}"""u8.ToArray(), owner: null, canStream: false);
        StdioConnection heard = await ended.Task.WaitAsync(Eventually.Patience);
        StdioCall during = connection.Begin("""{"jsonrpc":"2.0","id":2,"method":"ping"}"""u8.ToArray(), owner: null, canStream: false);

        heard.ShouldBeSameAs(connection);
        connection.IsAlive.ShouldBeFalse();
        connection.WasStopped.ShouldBeFalse();
        before.Failure.ShouldBeNull();
        during.Failure.ShouldBeNull();

        settled.Set();
        await connection.Ended.WaitAsync(Eventually.Patience);
        before.Failure!.Reason.ShouldContain("exit code 3");
        during.Failure!.Reason.ShouldContain("exit code 3");
        before.Failure.CanHaveRun.ShouldBeTrue();
        during.Failure.CanHaveRun.ShouldBeFalse(); // Its request was not written.
    }
}
