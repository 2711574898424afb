namespace Sluice.Redis;

/// <summary>Where the buckets of one MCP server lie in a cluster.</summary>
public enum RedisKeyLayout
{
    /// <summary>
    /// All in one slot: a call is decided by one run of a script, all or nothing at one instant.
    /// </summary>
    Compact = 0,

    /// <summary>
    /// Those of each caller in a slot of their own, for servers whose callers are too many for one node. A call under limits of
    /// several scopes is reserved in each, one after another, and rolled back where a later one rejects: the limit is never exceeded, but a
    /// rejected call holds tokens for a moment, so that another call may be rejected although the tokens would have been enough.
    /// </summary>
    Spread = 1,
}
