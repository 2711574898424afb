namespace Sluice.Redis;

/// <summary>The keys of one MCP server: <c>PREFIX:{SERVER}:user:HASH</c>, all in one slot of a cluster.</summary>
/// <remarks>
/// <para>
/// No two different (server, scope, identity) share a key: the server's name is escaped, the scope is one of four words, and
/// behind it stands a hash, or <c>-</c> for those whose identity lacks what the scope counts by.
/// </para>
/// <para>Thread safety: immutable, but for a lane that is always the same.</para>
/// </remarks>
internal sealed class ServerKeys
{
    private readonly string _stem;
    private readonly string _spread;

    internal ServerKeys(string prefix, string server)
    {
        Name = server;
        string escaped = KeyText.EscapePart(server);
        _stem = $"{prefix}:{{{escaped}}}:";
        _spread = $"{prefix}:{{{escaped}:";
        Probe = _stem + "probe";
    }

    /// <summary>The server's name.</summary>
    internal string Name { get; }

    /// <summary>A key that holds nothing: written to learn whether writing works.</summary>
    internal string Probe { get; }

    /// <summary>The lane of the server's calls, once there is one.</summary>
    internal Lane? Lane { get; set; }

    /// <summary>The row of a scope.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="isSpread">Whether every caller's row lies in a slot of its own.</param>
    internal string Row(RateLimitScope scope, CallerKeys caller, bool isSpread) => scope switch
    {
        RateLimitScope.Shared => _stem + "shared",
        _ when isSpread => $"{_spread}{Word(scope)}:{caller.Of(scope)}}}",
        _ => $"{_stem}{Word(scope)}:{caller.Of(scope)}",
    };

    private static string Word(RateLimitScope scope) => scope switch
    {
        RateLimitScope.PerTenant => "tenant",
        RateLimitScope.PerUser => "user",
        RateLimitScope.PerClient => "client",
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not the scope of a caller."),
    };
}
