using System.Globalization;
using Sluice.Configuration;

namespace Sluice.Gateway.Tests.Reload;

public sealed class BackgroundThreadTests
{
    private const int NiceField = 18; // Of /proc/…/stat, counted from zero: proc_pid_stat(5).
    private const int PolicyField = 40;
    private const string Batch = "3";

    [Fact]
    public async Task RunAsync_OnLinux_GivesTheProcessorToOthersFirst()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string[] usual = Stat();
        string[] background = await BackgroundThread.RunAsync(Stat);

        int.Parse(background[NiceField], CultureInfo.InvariantCulture)
            .ShouldBeGreaterThanOrEqualTo(Math.Max(10, int.Parse(usual[NiceField], CultureInfo.InvariantCulture)));
        background[PolicyField].ShouldBe(Batch);
        usual[PolicyField].ShouldNotBe(Batch);
    }

    [Fact]
    public async Task RunAsync_ThreadsThatFollow_HaveTheUsualPriority()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string usual = Stat()[NiceField];
        for (int i = 0; i < 20; i++) // The pool starts a thread now and then only.
        {
            await BackgroundThread.RunAsync(static () => 0);
            Stat()[NiceField].ShouldBe(usual);
        }
    }

    [Fact]
    public async Task RunAtUsualPriorityAsync_TakesNoThreadOfThePoolAndHasTheUsualPriority()
    {
        (bool isOfPool, string? nice) = await BackgroundThread.RunAtUsualPriorityAsync(
            () => (Thread.CurrentThread.IsThreadPoolThread, OperatingSystem.IsLinux() ? Stat()[NiceField] : null));

        isOfPool.ShouldBeFalse();
        nice.ShouldBe(OperatingSystem.IsLinux() ? Stat()[NiceField] : null);
    }

    [Fact]
    public async Task RunAsync_LongWork_GivesTheProcessorBackBetweenItsSteps()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        (await BackgroundThread.RunAsync(PausesWithin10000Steps)).ShouldBeTrue();
        (await BackgroundThread.RunAtUsualPriorityAsync(PausesWithin10000Steps)).ShouldBeTrue();
    }

    [Fact]
    public async Task RunAsync_WorkThatThrows_FailsTheTask()
    {
        Task<int> work = BackgroundThread.RunAsync<int>(() => throw new InvalidOperationException("work"));

        (await Should.ThrowAsync<InvalidOperationException>(() => work)).Message.ShouldBe("work");
    }

    private static bool PausesWithin10000Steps()
    {
        string before = Switches();
        for (int step = 0; step < 10_000; step++)
        {
            WorkPace.Step();
            if (Switches() != before)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>How often this thread has given the processor back.</summary>
    private static string Switches() =>
        File.ReadLines("/proc/thread-self/status").First(line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal));

    // The name of the program, which may have blanks, is in parentheses.
    private static string[] Stat()
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        return ["id", "name", .. stat[(stat.LastIndexOf(')') + 2)..].Split(' ')];
    }
}
