namespace Sluice.Gateway;

/// <summary>A line that was read, without its end.</summary>
/// <param name="Bytes">The line; of one that was too long, its beginning.</param>
/// <param name="Tail">Empty, or the end of a line that was too long.</param>
/// <param name="IsLast">Whether the stream ended in its middle.</param>
internal readonly record struct Line(ReadOnlyMemory<byte> Bytes, ReadOnlyMemory<byte> Tail, bool IsLast = false)
{
    internal bool IsWhole => Tail.IsEmpty;
}
