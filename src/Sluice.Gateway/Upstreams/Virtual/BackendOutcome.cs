namespace Sluice.Gateway;

/// <summary>The outcome of a request to a backend as the gateway sees it, in addition to the answer.</summary>
/// <remarks>Thread safety: one request.</remarks>
internal sealed class BackendOutcome
{
    /// <summary>Whether the backend has certainly not received the request.</summary>
    internal bool WasNotMade { get; private set; }

    /// <summary>Whether a limit of the backend rejected the request.</summary>
    internal bool WasRejected { get; private set; }

    /// <summary>Why the gateway answered in the backend's place; null where it did not.</summary>
    internal UpstreamFailure? Failure { get; private set; }

    /// <summary>Notes that the backend has certainly not received the request.</summary>
    internal void NotMade() => WasNotMade = true;

    /// <summary>Notes that the gateway answers in the backend's place.</summary>
    internal void Failed(UpstreamFailure failure)
    {
        Failure = failure;
        WasNotMade |= !failure.CanHaveRun;
    }

    /// <summary>Notes that a limit of the backend rejected the request.</summary>
    internal void Rejected() => WasNotMade = WasRejected = true;
}
