using System.Buffers;

namespace Sluice.Gateway;

/// <summary>Writes items as lines.</summary>
/// <typeparam name="T">An item.</typeparam>
/// <remarks>Thread safety: none; one thread at a time uses it.</remarks>
internal interface ILineFormat<T> : IDisposable
{
    /// <summary>How many events the line of an item represents.</summary>
    long EventsOf(in T item);

    /// <summary>Writes an item as one line, with its end.</summary>
    void Write(in T item, IBufferWriter<byte> buffer);

    /// <summary>Writes a line that represents events whose own lines were dropped; false where there is no such line.</summary>
    bool TryWriteDropped(long events, IBufferWriter<byte> buffer);
}
