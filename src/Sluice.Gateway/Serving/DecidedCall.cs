namespace Sluice.Gateway;

/// <summary>A metered call and what became of it.</summary>
/// <param name="Server">The name of the server that was called.</param>
/// <param name="Method">The JSON-RPC method.</param>
/// <param name="Operation">The tool's or prompt's name or the resource's URI, as the caller wrote it; or null.</param>
/// <param name="Caller">Who called: for eyes that may know, never for a log.</param>
/// <param name="Limits">The limits that applied.</param>
/// <param name="States">Each limit's state, in their order; valid during the call to the observer only.</param>
/// <param name="Decision">The decision.</param>
internal readonly record struct DecidedCall(
    string Server,
    string Method,
    string? Operation,
    CallerIdentity Caller,
    ApplicableLimits Limits,
    ReadOnlyMemory<LimitState> States,
    RateLimitDecision Decision);
