namespace Sluice.Gateway;

/// <summary>A stream of a known length, over a connection that says no end.</summary>
/// <param name="inner">What is read.</param>
/// <param name="length">How many bytes there are.</param>
internal sealed class BoundedStream(Stream inner, long length) : ReadOnlyStream(inner)
{
    private readonly Stream _inner = inner;
    private long _left = length;

    /// <exception cref="EndOfStreamException">The connection ended before.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0)
        {
            return 0;
        }

        int read = await _inner.ReadAsync(buffer.Length > _left ? buffer[..(int)_left] : buffer, cancellationToken);
        if (read == 0 && buffer.Length > 0)
        {
            throw new EndOfStreamException("The answer is shorter than its length.");
        }

        _left -= read;
        return read;
    }
}
