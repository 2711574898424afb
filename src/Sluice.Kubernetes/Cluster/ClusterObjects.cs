namespace Sluice.Kubernetes;

/// <summary>The objects of a cluster as they are known now.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class ClusterObjects : IObjectSink
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(ResourceKind Kind, string Namespace, string Name), ClusterObject> _objects = [];
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Ends at the next change that may concern the configuration.</summary>
    internal Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>All objects, and a task that ends when they change.</summary>
    internal (ClusterObject[] Objects, Task Changed) Take()
    {
        lock (_gate)
        {
            if (_changed.Task.IsCompleted)
            {
                _changed = NewSignal();
            }

            return ([.. _objects.Values], _changed.Task);
        }
    }

    /// <summary>An object as it is known now; null when there is none.</summary>
    internal ClusterObject? Find((ResourceKind Kind, string Namespace, string Name) key)
    {
        lock (_gate)
        {
            return _objects.GetValueOrDefault(key);
        }
    }

    /// <summary>Takes an object that this process has just written, if it is still the one that is known.</summary>
    internal void Learn(ClusterObject written)
    {
        lock (_gate)
        {
            if (_objects.TryGetValue(written.Key, out ClusterObject? before) && before.Uid == written.Uid && before.Generation == written.Generation)
            {
                _objects[written.Key] = written;
            }
        }
    }

    public void Replace(ResourceKind kind, IReadOnlyCollection<ClusterObject> objects)
    {
        lock (_gate)
        {
            HashSet<(ResourceKind, string, string)> kept = [.. objects.Select(found => found.Key)];
            foreach ((ResourceKind Kind, string Namespace, string Name) gone in _objects.Keys.Where(key => key.Kind == kind && !kept.Contains(key)).ToArray())
            {
                _objects.Remove(gone);
                _changed.TrySetResult();
            }

            foreach (ClusterObject found in objects)
            {
                SetLocked(found);
            }
        }
    }

    public void Set(ClusterObject found)
    {
        lock (_gate)
        {
            SetLocked(found);
        }
    }

    public void Remove(ClusterObject removed)
    {
        lock (_gate)
        {
            if (_objects.Remove(removed.Key))
            {
                _changed.TrySetResult();
            }
        }
    }

    private void SetLocked(ClusterObject found)
    {
        bool isSame = _objects.TryGetValue(found.Key, out ClusterObject? before)
            && before.Uid == found.Uid
            && (before.ResourceVersion == found.ResourceVersion || (!found.Kind.IsOptional && before.Generation == found.Generation));
        _objects[found.Key] = found;
        if (!isSame) // Our own status, which we write ourselves, is no change.
        {
            _changed.TrySetResult();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
