namespace Sluice.Mcp;

/// <summary>Sees every call that a gate asked the store about, once it is decided.</summary>
/// <remarks>Thread safety: called from any thread; it must not block.</remarks>
internal interface ICallObserver
{
    /// <summary>A call was decided.</summary>
    void Decided(in DecidedCall call);
}

/// <summary>A call and its decision.</summary>
/// <param name="Server">The name of the server that was called.</param>
/// <param name="Method">The JSON-RPC method.</param>
/// <param name="Operation">The name of the tool or prompt or the URI of the resource, as the caller wrote it; or null.</param>
/// <param name="Caller">The caller: never for a log.</param>
/// <param name="Decision">The decision; its states can be read during the call to the observer only.</param>
/// <param name="Duration">How long the decision took, the store's answer included.</param>
internal readonly record struct DecidedCall(
    string Server, string Method, string? Operation, CallerIdentity Caller, GateDecision Decision, TimeSpan Duration);
