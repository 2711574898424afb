namespace Sluice.Gateway;

/// <summary>How event streams are kept open.</summary>
/// <param name="Interval">After how long without an event a comment is sent.</param>
/// <param name="Time">The clock.</param>
internal sealed record StreamKeepAlive(TimeSpan Interval, TimeProvider Time)
{
    /// <summary>After how long the first comment comes in a stream whose server has said nothing yet.</summary>
    internal static TimeSpan FirstComment { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a client may take nothing. It is noticed no later than half a minute after that.</summary>
    internal static TimeSpan LongestWrite { get; } = TimeSpan.FromSeconds(30);
}
