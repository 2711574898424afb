using System.Runtime.CompilerServices;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Recent callers, and the limits that applied to their calls.</summary>
/// <remarks>
/// <para>
/// Bounded: a caller with the limits of a call has one of <see cref="Places"/> places, which a later one may take. So a caller who
/// calls often is here nearly always. A call allocates nothing.
/// </para>
/// <para>Thread safety: any number of threads. A place that another thread is writing is left out.</para>
/// </remarks>
internal sealed class RecentCalls : ICallObserver
{
    /// <summary>How many places there are.</summary>
    internal const int Places = 4_096;

    private readonly Place[] _places = new Place[Places];

    /// <summary>The calls.</summary>
    internal List<(ApplicableLimits Limits, CallerIdentity Caller)> All
    {
        get
        {
            List<(ApplicableLimits, CallerIdentity)> all = [];
            for (int i = 0; i < Places; i++)
            {
                ref Place place = ref _places[i];
                if (TryTake(ref place))
                {
                    if (place.Limits is ApplicableLimits limits && place.Caller is CallerIdentity caller)
                    {
                        all.Add((limits, caller));
                    }

                    Free(ref place);
                }
            }

            return all;
        }
    }

    /// <inheritdoc/>
    public void Decided(in DecidedCall call)
    {
        ApplicableLimits limits = call.Decision.Limits;
        if (limits.Count == 0 || limits.IdentityRequiredBy is not null)
        {
            return;
        }

        int hash = HashCode.Combine(call.Caller, RuntimeHelpers.GetHashCode(limits));
        ref Place place = ref _places[hash & (Places - 1)];
        if ((!ReferenceEquals(place.Caller, call.Caller) || !ReferenceEquals(place.Limits, limits)) && TryTake(ref place))
        {
            place.Caller = call.Caller;
            place.Limits = limits;
            Free(ref place);
        }
    }

    private static bool TryTake(ref Place place) => Interlocked.CompareExchange(ref place.IsTaken, 1, 0) == 0;

    private static void Free(ref Place place) => Volatile.Write(ref place.IsTaken, 0);

    private struct Place
    {
        internal int IsTaken;
        internal ApplicableLimits? Limits;
        internal CallerIdentity? Caller;
    }
}
