namespace Sluice.Gateway;

/// <summary>The last rejections, by their ids.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class RejectionRing
{
    /// <summary>How many are kept.</summary>
    internal const int Capacity = 10_000;

    private readonly Lock _gate = new();
    private readonly KeptRejection?[] _rejections = new KeptRejection?[Capacity];
    private readonly Dictionary<string, KeptRejection> _byId = new(StringComparer.Ordinal);
    private int _next;

    /// <summary>Keeps a rejection, in the place of the oldest.</summary>
    internal void Add(KeptRejection rejection)
    {
        lock (_gate)
        {
            if (_rejections[_next] is KeptRejection oldest)
            {
                _byId.Remove(oldest.Id);
            }

            _rejections[_next] = rejection;
            _byId[rejection.Id] = rejection;
            _next = (_next + 1) % Capacity;
        }
    }

    /// <summary>The rejection with an id; null when it is no longer kept, or never was.</summary>
    internal KeptRejection? Find(string id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }
}
