using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Several observers as one.</summary>
internal sealed class CallObservers : ICallObserver
{
    private readonly ICallObserver[] _observers;

    private CallObservers(ICallObserver[] observers) => _observers = observers;

    /// <summary>All of them as one observer; null if the list is empty.</summary>
    internal static ICallObserver? Of(params IEnumerable<ICallObserver?> observers)
    {
        ICallObserver[] some = [.. observers.OfType<ICallObserver>()];
        return some.Length switch
        {
            0 => null,
            1 => some[0],
            _ => new CallObservers(some),
        };
    }

    /// <inheritdoc/>
    public bool NeedsTags => Array.Exists(_observers, static observer => observer.NeedsTags);

    /// <inheritdoc/>
    public bool NeedsIds => Array.Exists(_observers, static observer => observer.NeedsIds);

    /// <inheritdoc/>
    public void Configured(RateLimitPolicy policy) => Array.ForEach(_observers, observer => observer.Configured(policy));

    /// <inheritdoc/>
    public void Decided(in DecidedCall call)
    {
        foreach (ICallObserver observer in _observers)
        {
            observer.Decided(call);
        }
    }

    /// <inheritdoc/>
    public void Undecided(in UndecidedCall call)
    {
        foreach (ICallObserver observer in _observers)
        {
            observer.Undecided(call);
        }
    }
}
