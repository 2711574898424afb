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
    /// several scopes is reserved in each, one after another, and taken back where a later one refuses: nothing is ever
    /// over-admitted, but a call that is refused holds tokens for a moment, so that another may be refused that need not have been.
    /// </summary>
    Spread = 1,
}
