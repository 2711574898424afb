namespace Sluice.Gateway;

/// <summary>How many calls were allowed, and how many were rejected.</summary>
/// <remarks>
/// Each call writes one of two neighbouring words: a word that several processors write is fetched from one another's cache each time,
/// which costs more than all else that counting does. Thread safety: any number of threads.
/// </remarks>
internal sealed class CallTotals
{
    private long _allowed;
    private long _refused;

    /// <summary>Calls that were allowed.</summary>
    internal long Allowed => Volatile.Read(ref _allowed);

    /// <summary>Calls that were rejected.</summary>
    internal long Refused => Volatile.Read(ref _refused);

    /// <summary>Counts a call.</summary>
    internal void Count(bool isAllowed) => Interlocked.Increment(ref isAllowed ? ref _allowed : ref _refused);
}
