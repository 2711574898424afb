namespace Sluice.Redis.Tests;

/// <summary>How callers spread over processes and time.</summary>
internal enum CallPattern
{
    /// <summary>All processes alike.</summary>
    Even,

    /// <summary>One process has ten times the calls of another.</summary>
    Uneven,

    /// <summary>As <see cref="Uneven"/>, and every second it is another process.</summary>
    Shift,

    /// <summary>Short bursts of each process at random.</summary>
    Bursts,

    /// <summary>Quiet until the bucket is full, then a flood of all.</summary>
    Flood,
}
