namespace Sluice.Mcp;

/// <summary>Times on the wire, whose unit is the second.</summary>
internal static class WholeSeconds
{
    /// <summary>The seconds after which a time has passed; no time is too long for it.</summary>
    internal static long RoundUp(TimeSpan time) =>
        (time.Ticks / TimeSpan.TicksPerSecond) + (time.Ticks % TimeSpan.TicksPerSecond > 0 ? 1 : 0);
}
