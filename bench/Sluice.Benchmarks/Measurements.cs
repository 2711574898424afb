using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Sluice.Benchmarks;

/// <summary>Runs a class of benchmarks and hands out what they measured.</summary>
internal sealed class Measurements(Summary summary)
{
    internal static Measurements Of<T>(bool quick)
    {
        Job job = Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(quick ? 100 : 200)
            .WithIterationCount(quick ? 300 : 1_000)
            .WithIterationTime(TimeInterval.FromMilliseconds(2)) // Short, so that most are left alone whatever else runs.
            .WithGcForce(false); // Nothing is allocated that a collection could be put off for.
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Instance)
            .WithOption(ConfigOptions.DisableLogFile, true)
            .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "results"));
        Console.WriteLine($"Measuring {typeof(T).Name}...");
        Summary summary = BenchmarkRunner.Run<T>(config);
        MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Default);
        return new Measurements(summary);
    }

    /// <summary>
    /// The median time of an operation, in nanoseconds: of many short iterations the least would be luck, where caches are
    /// missed and garbage is collected, and the mean is what else ran on the machine.
    /// </summary>
    internal double Median(string method) => Report(method).ResultStatistics?.Median
        ?? throw new InvalidOperationException($"'{method}' gave no result: see the log above.");

    /// <summary>Whole bytes allocated by an operation.</summary>
    /// <remarks>
    /// Rounded down: since 0.15 the tool's own allocations of an iteration are in the total, which shows as 1 B on any row whose
    /// iterations have few operations, the framework's limiters included. A byte of ours for each operation would still be one.
    /// </remarks>
    internal long Allocated(string method)
    {
        BenchmarkReport report = Report(method);
        return report.GcStats.GetTotalAllocatedBytes(excludeAllocationQuantumSideEffects: true) is long total
            ? total / report.GcStats.TotalOperations
            : 0;
    }

    private BenchmarkReport Report(string method) =>
        summary.Reports.Single(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method);
}
