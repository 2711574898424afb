namespace Sluice.Gateway;

/// <summary>How long a request waits for the head of its answer. The time that the rest of the answer takes is not bounded here.</summary>
/// <remarks>Thread safety: the token may be used from any thread, the other members by the request alone.</remarks>
internal sealed class AnswerWait : IDisposable
{
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenRegistration _ends;

    private AnswerWait(CancellationTokenSource over, CancellationTokenRegistration ends, UpstreamFailure failure)
    {
        _over = over;
        _ends = ends;
        Failure = failure;
    }

    /// <summary>Is cancelled when the wait is over without an answer.</summary>
    internal CancellationToken Token => _over.Token;

    internal bool IsOver => _over.IsCancellationRequested;

    /// <summary>What to answer when it is over.</summary>
    internal UpstreamFailure Failure { get; }

    /// <summary>A wait of a fixed time.</summary>
    internal static AnswerWait For(TimeSpan timeout, TimeProvider time) =>
        new(new CancellationTokenSource(timeout, time), default, UpstreamFailure.TooLate);

    /// <summary>A wait without a time, for streams: it lasts until the stream is to end.</summary>
    internal static AnswerWait Until(CancellationToken ends)
    {
        CancellationTokenSource over = new();
        return new AnswerWait(
            over, ends.UnsafeRegister(static over => ((CancellationTokenSource)over!).Cancel(), over), UpstreamFailure.StreamEnded);
    }

    /// <summary>The head has come: from now on nothing cancels the token.</summary>
    internal void Answered()
    {
        _over.CancelAfter(Timeout.InfiniteTimeSpan);
        _ends.Dispose();
    }

    public void Dispose()
    {
        _ends.Dispose();
        _over.Dispose();
    }
}
