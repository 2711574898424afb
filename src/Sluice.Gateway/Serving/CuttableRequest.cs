namespace Sluice.Gateway;

/// <summary>A request that is aborted when calls are cut, as if its client had left, but whose connection stays for the error.</summary>
/// <remarks>
/// <para>A stream of events that has begun is not aborted, because the error is its last event; what sends it has to end it.</para>
/// <para>Thread safety: one request; the cut may come from any thread.</para>
/// </remarks>
internal sealed class CuttableRequest : IDisposable
{
    private readonly HttpContext _context;
    private readonly CancellationToken _cut;
    private readonly CancellationToken _clientLeft;
    private readonly CancellationTokenSource _aborted;
    private readonly CancellationTokenRegistration _registration;

    /// <param name="context">The request.</param>
    /// <param name="cut">Is cancelled when calls are cut.</param>
    internal CuttableRequest(HttpContext context, CancellationToken cut)
    {
        _context = context;
        _cut = cut;
        _clientLeft = context.RequestAborted;
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(_clientLeft);
        context.RequestAborted = _aborted.Token;
        _registration = cut.UnsafeRegister(static request => ((CuttableRequest)request!).Cut(), this);
    }

    /// <summary>Whether the call was cut, and its client is still there.</summary>
    /// <remarks>By the token, since what sends an answer can hear of the cut before this request does.</remarks>
    internal bool IsCut => _cut.IsCancellationRequested && !_clientLeft.IsCancellationRequested;

    /// <summary>Whether the call was cut while its stream of events was open.</summary>
    internal bool IsStreamCut => IsCut && HasStream;

    private bool HasStream => _context.Response.HasStarted && EventStream.Is(_context.Response);

    public void Dispose()
    {
        _registration.Dispose();
        _context.RequestAborted = _clientLeft;
        _aborted.Dispose();
    }

    private void Cut()
    {
        if (!HasStream)
        {
            _aborted.Cancel();
        }
    }
}
