using System.Globalization;
using Xunit.Abstractions;

namespace Sluice.Redis.Tests;

/// <summary>The protocol of shares, simulated with every fault, against one exact bucket.</summary>
/// <remarks>
/// <c>SLUICE_SHARES_RUNS</c> sets the number of runs. Every thousand add a line to the file that <c>SLUICE_PROGRESS</c> names;
/// <c>eng/simulate-shares.sh</c> does both.
/// </remarks>
[Collection(Alone.Name)] // It uses all processors.
public sealed class ShareSimulationTests(ITestOutputHelper output)
{
    private const int DefaultRuns = 2_000;
    private const int RunsToCatch = 5_000;
    private const int RunsPerReport = 1_000;

    [Fact]
    public void Run_AllFaults_SharesNeverHoldMoreThanTheExactBucket()
    {
        int runs = int.Parse(
            Environment.GetEnvironmentVariable("SLUICE_SHARES_RUNS") ?? $"{DefaultRuns}", CultureInfo.InvariantCulture);
        int seed = Seeds.Announce(1);
        long fromShares = 0, fromRemainder = 0;
        int done = 0;
        List<string> faults = [];
        Parallel.For(0, runs, run =>
        {
            Simulation simulation = new(SimulationPlan.Random(seed + run));
            string? fault = simulation.Run();
            Interlocked.Add(ref fromShares, simulation.Counts.FromShares);
            Interlocked.Add(ref fromRemainder, simulation.Counts.FromRemainder);
            lock (faults)
            {
                faults.AddRange(fault is null ? [] : [fault]);
                if (++done % RunsPerReport == 0)
                {
                    Progress.Report(Line());
                }
            }
        });

        output.WriteLine(Line());
        faults.Order(StringComparer.Ordinal).Take(10).ShouldBeEmpty();
        fromShares.ShouldBeGreaterThan(50L * runs); // Else it has tested nothing.
        fromRemainder.ShouldBeGreaterThan(5L * runs);

        string Line() => string.Create(
            CultureInfo.InvariantCulture,
            $"{done:N0} of {runs:N0} runs, {faults.Count} faults; {fromShares:N0} calls admitted from shares, {fromRemainder:N0} from remainders, SLUICE_SEED={seed}");
    }

    [Theory]
    [MemberData(nameof(Flaws))]
    public void Run_WrongVariant_IsCaught(Flaw flaw)
    {
        int seed = Seeds.Announce(1);
        for (int run = 0; run < RunsToCatch; run++)
        {
            if (new Simulation(SimulationPlan.Showing(flaw, seed + run)).Run() is { } fault)
            {
                output.WriteLine($"caught in run {run + 1}: {fault}");
                return;
            }
        }

        Assert.Fail($"No run of {RunsToCatch} caught {flaw}.");
    }

    // What the runs above add to show a flaw, the protocol itself survives.
    [Theory]
    [MemberData(nameof(Flaws))]
    public void Run_PlanThatShowsAWrongVariant_TheProtocolItselfHolds(Flaw flaw)
    {
        int seed = Seeds.Announce(1);
        for (int run = 0; run < 20; run++)
        {
            if (flaw != Flaw.LendsBlocks)
            {
                new Simulation(SimulationPlan.Showing(flaw, seed + run) with { Flaw = Flaw.None }).Run().ShouldBeNull();
            }
        }
    }

    // Twice the demand, three processes, from the fifth second on. Pattern 0 is even; with 1 a process has ten times the calls.
    [Theory]
    [InlineData(100, 0, 0.98, 0.05)]
    [InlineData(100, 1, 0.95, 0.05)]
    [InlineData(1000, 0, 0.98, 0.01)]
    [InlineData(1000, 1, 0.95, 0.01)]
    public void Run_NoFaults_AdmitsNearlyWhatOneStoreAdmits(int rate, int pattern, double leastAdmitted, double mostCommands)
    {
        Simulation simulation = new(new()
        {
            Seed = Seeds.Announce(1),
            Ttl = 3_000_000,
            Duration = 30_000_000,
            MeasuredFrom = 5_000_000,
            Capacity = rate,
            Rate = rate,
            Pattern = (CallPattern)pattern,
            Slowest = -1_000,
        });
        simulation.Run().ShouldBeNull();
        SimulationCounts counts = simulation.Counts;
        double commands = counts.Commands / (double)counts.Calls;
        output.WriteLine($"admitted {counts.AdmittedRatio:F4} of one store; {commands:F4} commands a decision; {counts.Calls} calls");
        counts.AdmittedRatio.ShouldBeGreaterThanOrEqualTo(leastAdmitted);
        commands.ShouldBeLessThanOrEqualTo(mostCommands);
    }

    public static TheoryData<Flaw> Flaws() => new(Enum.GetValues<Flaw>().Where(flaw => flaw != Flaw.None));
}
