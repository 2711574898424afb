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
            .WithWarmupCount(quick ? 5 : 20)
            .WithIterationCount(quick ? 20 : 100)
            .WithIterationTime(TimeInterval.FromMilliseconds(quick ? 20 : 50));
        ManualConfig config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(MarkdownExporter.Console)
            .WithOption(ConfigOptions.DisableLogFile, true)
            .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "results"));
        return new Measurements(BenchmarkRunner.Run<T>(config));
    }

    /// <summary>
    /// The least time of an operation, in nanoseconds: other work on the machine can only add to it, so of many short
    /// iterations the least is what says most about the code.
    /// </summary>
    internal double Least(string method) => Report(method).ResultStatistics?.Min
        ?? throw new InvalidOperationException($"'{method}' gave no result: see the log above.");

    /// <summary>Bytes allocated by an operation.</summary>
    internal long Allocated(string method)
    {
        BenchmarkReport report = Report(method);
        return report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0;
    }

    private BenchmarkReport Report(string method) =>
        summary.Reports.Single(report => report.BenchmarkCase.Descriptor.WorkloadMethod.Name == method);
}
