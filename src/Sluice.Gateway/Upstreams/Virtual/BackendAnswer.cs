namespace Sluice.Gateway;

/// <summary>How a request to a backend ended. The messages of its answer were passed on as they came.</summary>
/// <param name="Status">The status of HTTP.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Failure">Why the answer is not there, or not complete; null for a complete one.</param>
internal sealed record BackendAnswer(int Status, IHeaderDictionary Headers, UpstreamFailure? Failure)
{
    /// <summary>The id of the last event that had one; empty for none.</summary>
    internal string LastEventId { get; init; } = "";

    /// <summary>After which time the backend wants its client to come back, in milliseconds; null where it does not say.</summary>
    internal int? Retry { get; init; }
}
