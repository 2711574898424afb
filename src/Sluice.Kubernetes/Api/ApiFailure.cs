using System.Net;

namespace Sluice.Kubernetes;

/// <summary>An API server did not do what it was asked.</summary>
/// <param name="status">The status of HTTP; null where there was no answer.</param>
/// <param name="message">What happened, as a sentence. It never holds a body of the server.</param>
/// <param name="retryAfter">How long the server asks to wait; null where it does not say.</param>
/// <param name="inner">What caused it.</param>
internal sealed class ApiFailure(HttpStatusCode? status, string message, TimeSpan? retryAfter = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The status of HTTP; null where there was no answer.</summary>
    internal HttpStatusCode? Status => status;

    /// <summary>Whether a retry cannot succeed, although the status says that it could.</summary>
    internal bool IsFinal { get; init; }

    /// <summary>How long the server asks to wait.</summary>
    internal TimeSpan? RetryAfter => retryAfter;
}
