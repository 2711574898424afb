namespace Sluice.EndToEnd.Harness;

public sealed class ChildProcessTests
{
    [Fact]
    public async Task RunAsync_ProgramFails_ReturnsCodeAndBothStreams()
    {
        ProcessResult result = await ChildProcess.RunAsync("sh", ["-c", "echo out; echo err >&2; exit 3"]);

        result.ShouldBe(new ProcessResult(3, "out", "err"));
    }

    [Fact]
    public async Task WaitForOutputAsync_LineComes_ReturnsIt()
    {
        await using ChildProcess child = ChildProcess.Start("sh", ["-c", "echo one; echo two; exec cat"]);

        (await child.WaitForOutputAsync(line => line.StartsWith('t'))).ShouldBe("two");
    }

    [Fact]
    public async Task WaitForOutputAsync_ProgramEndsWithoutTheLine_ShowsWhatItWrote()
    {
        await using ChildProcess child = ChildProcess.Start("sh", ["-c", "echo something else; echo why >&2"]);

        InvalidOperationException fault =
            await Should.ThrowAsync<InvalidOperationException>(() => child.WaitForOutputAsync(line => line == "ready"));

        fault.Message.ShouldContain("something else");
        fault.Message.ShouldContain("why");
    }

    [Theory]
    [InlineData(true, "INT")]
    [InlineData(false, "TERM")]
    public async Task Send_ProgramHandlesTheSignal_EndsByItself(bool isInterrupt, string name)
    {
        string script = $"process.once('SIG{name}', () => process.exit(7)); setInterval(() => {{}}, 1000); console.log('up')";
        await using ChildProcess child = ChildProcess.Start("node", ["-e", script]);
        await child.WaitForOutputAsync(line => line == "up");

        if (isInterrupt)
        {
            child.SendInterrupt();
        }
        else
        {
            child.SendTerminate();
        }

        (await child.WaitForExitAsync()).ExitCode.ShouldBe(7);
    }

    [Fact]
    public async Task DisposeAsync_ProgramHasChildren_EndsThemToo()
    {
        ChildProcess child = ChildProcess.Start("sh", ["-c", "sleep 600 & echo $!; wait"]);
        await child.WaitForOutputAsync(line => line.Length > 0);

        // Disposing reads the output to its end, which is only there once nobody holds the pipe any more.
        await Should.NotThrowAsync(() => child.DisposeAsync().AsTask());
    }
}
