using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>The reservations of each bucket of a call, on the stack; null where a bucket has none.</summary>
[InlineArray(ApplicableLimits.MaxCount)]
internal struct ReservedOfItems
{
    private ReservedCalls? _first;
}
