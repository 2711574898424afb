using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Sluice;

/// <summary>Loads memory into the cache before it is needed.</summary>
internal static unsafe class CacheLine
{
    /// <summary>Prefetches an address, where the processor supports that; it does not wait, and changes nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Prefetch<T>(ref readonly T place)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(Unsafe.AsPointer(ref Unsafe.AsRef(in place))); // If the object is moved now, the load was useless.
        }
    }
}
