namespace Sluice.Kubernetes;

/// <summary>Takes what a watch learns of the objects of a kind.</summary>
/// <remarks>Thread safety: an implementation is called by several watches at once.</remarks>
internal interface IObjectSink
{
    /// <summary>Takes all objects of a kind, in place of those that were known.</summary>
    void Replace(ResourceKind kind, IReadOnlyCollection<ClusterObject> objects);

    /// <summary>Takes an object that is new, or has changed.</summary>
    void Set(ClusterObject found);

    /// <summary>Takes that an object was deleted.</summary>
    void Remove(ClusterObject removed);
}
