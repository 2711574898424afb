namespace Sluice.AspNetCore;

/// <summary>How the middleware reads requests, and whom it takes for their caller.</summary>
/// <remarks>Thread safety: none while it is being configured; afterwards any number of threads may read it.</remarks>
public sealed class SluiceHttpOptions
{
    /// <summary>The fewest <see cref="MaxRequestBytes"/>: 1 KiB.</summary>
    public const int MaxRequestBytesLowerBound = 1024;

    /// <summary>The most <see cref="MaxRequestBytes"/>: 1 GiB.</summary>
    public const int MaxRequestBytesUpperBound = 1024 * 1024 * 1024;

    /// <summary>The largest body that is read; what is larger is answered 413.</summary>
    /// <value>From 1 KiB to 1 GiB, in bytes. The default is 4 MiB.</value>
    public int MaxRequestBytes { get; set; } = RequestBody.DefaultMaxBytes;

    /// <summary>Who calls; null for the verified principal of the request.</summary>
    internal Func<HttpContext, ValueTask<CallerIdentity?>>? Identify { get; private set; }

    /// <summary>Whether a second <c>IdentifyBy</c> would replace a first.</summary>
    internal bool IsIdentifiedTwice { get; private set; }

    /// <summary>Says who calls, in the place of the request's verified principal.</summary>
    /// <remarks>
    /// Null means that the caller is not known, and follows the policy's <c>missingIdentity</c>. An exception rejects the call,
    /// with an error of its own, and is logged. It can be set once: a second call keeps the host from starting.
    /// </remarks>
    /// <param name="identify">The caller of a request.</param>
    /// <exception cref="ArgumentNullException"><paramref name="identify"/> is null.</exception>
    public void IdentifyBy(Func<HttpContext, CallerIdentity?> identify)
    {
        ArgumentNullException.ThrowIfNull(identify);
        SetIdentify(context => new ValueTask<CallerIdentity?>(identify(context)));
    }

    /// <summary>Identifies the caller, when that needs a request to another service.</summary>
    /// <remarks>As the other overload. The token is the request's <see cref="HttpContext.RequestAborted"/>.</remarks>
    /// <param name="identify">The caller of a request.</param>
    /// <exception cref="ArgumentNullException"><paramref name="identify"/> is null.</exception>
    public void IdentifyBy(Func<HttpContext, CancellationToken, ValueTask<CallerIdentity?>> identify)
    {
        ArgumentNullException.ThrowIfNull(identify);
        SetIdentify(context => identify(context, context.RequestAborted));
    }

    private void SetIdentify(Func<HttpContext, ValueTask<CallerIdentity?>> identify)
    {
        IsIdentifiedTwice |= Identify is not null;
        Identify = identify;
    }
}
