using System.Runtime.ConstrainedExecution;
using System.Runtime.InteropServices;

namespace Sluice;

/// <summary>A block of zeroed memory outside the garbage collector's, aligned to cache lines; freed with its last reference.</summary>
/// <remarks>
/// It is reserved whole and backed page by page as it is touched. Code that holds a pointer into it must keep a reference to it.
/// </remarks>
internal sealed unsafe class FlatMemory : CriticalFinalizerObject
{
    private const nuint LineBytes = 64;
    private readonly void* _block;

    /// <param name="bytes">How many bytes.</param>
    /// <exception cref="OutOfMemoryException">There are not so many.</exception>
    internal FlatMemory(nuint bytes)
    {
        // Zeroed by the system for a block of this size, and so not touched; an aligned allocation would not be zeroed at all.
        _block = NativeMemory.AllocZeroed(bytes + LineBytes);
        Start = (void*)(((nuint)_block + LineBytes - 1) & ~(LineBytes - 1));
    }

    ~FlatMemory() => NativeMemory.Free(_block);

    /// <summary>The first byte.</summary>
    internal void* Start { get; }
}
