namespace Sluice.Gateway;

/// <summary>A stream that is read until its own end, or until it is told to end.</summary>
/// <param name="inner">What is read.</param>
/// <param name="ends">Ends the stream as if nothing followed.</param>
internal sealed class EndingStream(Stream inner, CancellationToken ends) : ReadOnlyStream(inner)
{
    private readonly Stream _inner = inner;
    private CancellationTokenSource? _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _ended ??= CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ends); // Every read comes with the same token.
        try
        {
            return await _inner.ReadAsync(buffer, _ended.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _ended?.Dispose();
        }

        base.Dispose(disposing);
    }
}
