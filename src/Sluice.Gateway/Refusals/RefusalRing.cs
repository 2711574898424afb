namespace Sluice.Gateway;

/// <summary>The last rejections, by their ids.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class RefusalRing
{
    /// <summary>How many are kept.</summary>
    internal const int Capacity = 10_000;

    private readonly Lock _gate = new();
    private readonly KeptRefusal?[] _refusals = new KeptRefusal?[Capacity];
    private readonly Dictionary<string, KeptRefusal> _byId = new(StringComparer.Ordinal);
    private int _next;

    /// <summary>Keeps a rejection, in the place of the oldest.</summary>
    internal void Add(KeptRefusal refusal)
    {
        lock (_gate)
        {
            if (_refusals[_next] is KeptRefusal oldest)
            {
                _byId.Remove(oldest.Id);
            }

            _refusals[_next] = refusal;
            _byId[refusal.Id] = refusal;
            _next = (_next + 1) % Capacity;
        }
    }

    /// <summary>The rejection with an id; null when it is no longer kept, or never was.</summary>
    internal KeptRefusal? Find(string id)
    {
        lock (_gate)
        {
            return _byId.GetValueOrDefault(id);
        }
    }
}
