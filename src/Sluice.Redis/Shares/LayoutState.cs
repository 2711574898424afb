namespace Sluice.Redis;

/// <summary>How this process may use the keys.</summary>
internal enum LayoutState
{
    /// <summary>Redis has not said it yet. No bucket is divided, and none that would be divided is decided in Redis.</summary>
    Unknown = 0,

    /// <summary>Every bucket is decided in Redis.</summary>
    Rows = 1,

    /// <summary>Busy buckets are divided.</summary>
    Shares = 2,

    /// <summary>Not at all: another process uses them in another way.</summary>
    Rejected = 3,
}
