namespace Sluice;

/// <summary>A clock that may be read while locks are held: it throws nothing, and never goes back, across threads either.</summary>
/// <remarks>Thread safety: any thread may read it.</remarks>
internal interface ISystemClock
{
    /// <summary>The clock's timestamp, of the frequency of the time provider that it is.</summary>
    long GetTimestamp();
}
