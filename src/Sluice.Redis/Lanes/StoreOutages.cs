namespace Sluice.Redis;

/// <summary>Counts the times in which Redis did not decide the calls of one MCP server or more.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
/// <param name="time">The clock.</param>
internal sealed class StoreOutages(TimeProvider time)
{
    private readonly Lock _gate = new();
    private int _open;
    private int _count;
    private DateTimeOffset? _since;

    /// <summary>How many there were, the running one among them.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>When the last one began, or ended if it has; null if there was none.</summary>
    internal DateTimeOffset? Since
    {
        get
        {
            lock (_gate)
            {
                return _since;
            }
        }
    }

    /// <summary>The calls of one MCP server are decided without Redis from now on.</summary>
    internal void Begin()
    {
        lock (_gate)
        {
            if (_open++ == 0)
            {
                _count++;
                _since = time.GetUtcNow();
            }
        }
    }

    /// <summary>Redis decides the calls of one MCP server again.</summary>
    internal void End()
    {
        lock (_gate)
        {
            if (--_open == 0)
            {
                _since = time.GetUtcNow();
            }
        }
    }
}
