namespace Sluice.Gateway;

/// <summary>How long what a backend lists may be used.</summary>
/// <remarks>Source: Model Context Protocol, revision 2026-07-28, Caching: <c>ttlMs</c>.</remarks>
internal static class ListLives
{
    /// <summary>Where a backend does not say.</summary>
    internal static readonly TimeSpan Usual = TimeSpan.FromSeconds(30);

    /// <summary>Where a backend says less: a caller that lists in a loop makes no more work than this.</summary>
    internal static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>Where a backend says more.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>The life for what a backend says.</summary>
    /// <param name="milliseconds">Its <c>ttlMs</c>; null where it does not say.</param>
    internal static TimeSpan Of(double? milliseconds) =>
        milliseconds is not double said || !(said >= 0) ? Usual
        : said >= Longest.TotalMilliseconds ? Longest
        : said <= Shortest.TotalMilliseconds ? Shortest
        : TimeSpan.FromMilliseconds(said);
}
