using System.Collections.Concurrent;

namespace Sluice.Redis;

/// <summary>The keys of one MCP server: <c>PREFIX:{SERVER}:user:HASH</c>, all in one slot of a cluster.</summary>
/// <remarks>
/// <para>
/// No two different (server, key, identity) share a row: the server's name is escaped, the key is one of three words or <c>key:</c> and
/// its parts, escaped too, and behind it is a hash, or <c>-</c> for callers who lack what the key counts by.
/// </para>
/// <para>Thread safety: immutable, but for a lane that is always the same.</para>
/// </remarks>
internal sealed class ServerKeys
{
    private readonly string _stem;
    private readonly string _spread;
    private readonly ConcurrentDictionary<LimitKey, string> _words = new();

    internal ServerKeys(string prefix, string server)
    {
        Name = server;
        string escaped = KeyText.EscapePart(server);
        _stem = $"{prefix}:{{{escaped}}}:";
        _spread = $"{prefix}:{{{escaped}:";
        Probe = _stem + "probe";
        Shares = _stem + "shares";
    }

    /// <summary>The server's name.</summary>
    internal string Name { get; }

    /// <summary>A key that holds nothing: written to learn whether writing works.</summary>
    internal string Probe { get; }

    /// <summary>The key of all that is known of divided buckets.</summary>
    internal string Shares { get; }

    /// <summary>The lane of the server's calls, once there is one.</summary>
    internal Lane? Lane { get; set; }

    /// <summary>The shares of the server's buckets, once there are any.</summary>
    internal ShareClient? ShareClient { get; set; }

    /// <summary>The lane of the server's calls that ask for divided buckets, once there is one.</summary>
    internal Lane? ShareLane { get; set; }

    /// <summary>The row of the buckets of a key.</summary>
    /// <param name="key">What the limits count by.</param>
    /// <param name="caller">The caller.</param>
    /// <param name="isSpread">Whether every caller's row lies in a slot of its own.</param>
    internal string Row(LimitKey key, CallerKeys caller, bool isSpread) => key.Form switch
    {
        LimitKeyForm.Shared => _stem + "shared",
        _ when isSpread => $"{_spread}{WordOf(key)}:{caller.Of(key)}}}",
        _ => $"{_stem}{WordOf(key)}:{caller.Of(key)}",
    };

    private string WordOf(LimitKey key) => key.Form switch
    {
        LimitKeyForm.Tenant => "tenant",
        LimitKeyForm.User => "user",
        LimitKeyForm.Client => "client",
        _ => _words.GetOrAdd(key, static key => "key:" + string.Join('+', key.Select(part => KeyText.EscapePart(part.ToString())))),
    };
}
