namespace Sluice.Gateway;

/// <summary>Counts reloads by their result.</summary>
internal static class ReloadMetrics
{
    private static readonly KeyValuePair<string, object?> Applied = SluiceInstruments.Label("result", "applied");
    private static readonly KeyValuePair<string, object?> Rejected = SluiceInstruments.Label("result", "rejected");

    /// <summary>Begins the counters at zero.</summary>
    internal static void Start()
    {
        SluiceInstruments.ConfigReloads.Add(0, Applied);
        SluiceInstruments.ConfigReloads.Add(0, Rejected);
    }

    /// <summary>Counts a changed configuration that was read.</summary>
    internal static void Count(bool isApplied) => SluiceInstruments.ConfigReloads.Add(1, isApplied ? Applied : Rejected);
}
