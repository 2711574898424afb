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

/// <summary>Runs a class of benchmarks and hands out its medians.</summary>
internal sealed class Measurements(Summary summary)
{
    internal static Measurements Of<T>(bool quick)
    {
        Job job = Job.Default
            .WithToolchain(InProcessEmitToolchain.Instance)
            .WithWarmupCount(quick ? 3 : 8)
            .WithIterationCount(quick ? 7 : 25)
            .WithIterationTime(TimeInterval.FromMilliseconds(quick ? 60 : 250));
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

    /// <summary>The median time of an operation, in nanoseconds.</summary>
    internal double Median(string method) => Report(method).ResultStatistics?.Median
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
