namespace Sluice.Benchmarks;

/// <summary>All figures of the engine, measured in this run.</summary>
internal static class EngineFigures
{
    internal static IReadOnlyList<Figure> Measure(bool quick)
    {
        (double bytesPerKey, double idlePercent) = Footprint.Measure(); // First, while the process is small.
        (double bytesPerApiKey, double bytesPerUsedApiKey) = ApiKeyFiles.BytesPerKey();
        Measurements single = Measurements.Of<SingleBucket>(quick);
        Measurements keyed = Measurements.Of<KeyedByCaller>(quick);
        Measurements four = Measurements.Of<FourLimits>(quick);
        double eight = EightLimits.Ratio();
        Measurements slot = Measurements.Of<OneSlot>(quick);
        double lookUps = KeyLookups.Ratio();
        long allocated = new[]
        {
            single.Allocated(nameof(SingleBucket.Allow)), single.Allocated(nameof(SingleBucket.Deny)),
            keyed.Allocated(nameof(KeyedByCaller.Hot)), keyed.Allocated(nameof(KeyedByCaller.Uniform)),
            four.Allocated(nameof(FourLimits.Hot)), four.Allocated(nameof(FourLimits.Uniform)),
            slot.Allocated(nameof(OneSlot.AcquireAndRelease)),
        }.Max();
        double? plain = PlainPolicies.Ratio(quick);
        return
        [
            Ratio("single-allow-floor-ratio", single, nameof(SingleBucket.Allow), nameof(SingleBucket.ClockAndSwap), 1.2),
            Ratio("single-deny-floor-ratio", single, nameof(SingleBucket.Deny), nameof(SingleBucket.Clock), 1.25),
            Ratio("keyed-hot-ratio", keyed, nameof(KeyedByCaller.Hot), nameof(KeyedByCaller.FrameworkHot), 0.85),
            Ratio("keyed-uniform-ratio", keyed, nameof(KeyedByCaller.Uniform), nameof(KeyedByCaller.FrameworkUniform), 0.25),
            Ratio("keyed-scattered-ratio", keyed, nameof(KeyedByCaller.Scattered), nameof(KeyedByCaller.FrameworkScattered), null),
            Ratio("four-hot-ratio", four, nameof(FourLimits.Hot), nameof(FourLimits.FrameworkHot), 0.75),
            Ratio("four-uniform-ratio", four, nameof(FourLimits.Uniform), nameof(FourLimits.FrameworkUniform), 0.38),
            Ratio("four-scattered-ratio", four, nameof(FourLimits.Scattered), nameof(FourLimits.FrameworkUniform), null),
            new("eight-over-four-ratio", eight, "x", 1.4),
            new("slot-ns", slot.Median(nameof(OneSlot.AcquireAndRelease)), "ns", 60),
            .. plain is double ratio ? [new Figure("plain-policy-ratio", ratio, "x", 1.03)] : Array.Empty<Figure>(),
            new("hot-two-threads-ratio", TwoThreads.Ratio(), "x", 3, AtLeast: true),
            new("bytes-per-key", bytesPerKey, "B", 64),
            new("keys-100k-lookup-ratio", lookUps, "x", 1.2),
            new("keys-100k-bytes-per-key", bytesPerApiKey, "B", 200),
            new("keys-100k-bytes-per-caller", bytesPerUsedApiKey, "B", null),
            new("held-call-bytes", HeldCallBytes.Measure(), "B", 1_024),
            new("allocated", allocated, "B", 0),
            new("idle-cpu", Math.Round(idlePercent), "%", 0),
        ];
    }

    private static Figure Ratio(string name, Measurements measured, string ours, string baseline, double? goal) =>
        new(name, measured.Median(ours) / measured.Median(baseline), "x", goal);
}
