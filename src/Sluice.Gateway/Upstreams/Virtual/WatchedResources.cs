namespace Sluice.Gateway;

/// <summary>The resources of a backend without sessions of whose changes a client of the legacy era is told.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class WatchedResources
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _uris = new(StringComparer.Ordinal);
    private CancellationTokenSource _changed = Begin();

    /// <summary>Adds one, by the backend's own URI.</summary>
    /// <returns>False where there are too many.</returns>
    internal bool TryAdd(string uri)
    {
        lock (_gate)
        {
            if (_uris.Count == StdioSession.MaxSubscriptions && !_uris.Contains(uri))
            {
                return false;
            }

            Note(_uris.Add(uri));
            return true;
        }
    }

    /// <summary>Removes one.</summary>
    /// <returns>True.</returns>
    internal bool Remove(string uri)
    {
        lock (_gate)
        {
            Note(_uris.Remove(uri));
            return true;
        }
    }

    /// <summary>Those of now, and what is cancelled when they change.</summary>
    internal (string[] Uris, CancellationToken Changed) Now()
    {
        lock (_gate)
        {
            return ([.. _uris], _changed.Token);
        }
    }

    private static CancellationTokenSource Begin() => new();

    private void Note(bool isChange)
    {
        if (isChange)
        {
            // Not disposed: who listens may still look at it, and it has no timer. Those who listen are told on other threads.
            CancellationTokenSource before = _changed;
            _changed = Begin();
            _ = before.CancelAsync();
        }
    }
}
