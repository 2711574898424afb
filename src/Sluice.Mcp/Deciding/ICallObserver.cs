namespace Sluice.Mcp;

/// <summary>Sees every call of a gate.</summary>
/// <remarks>Thread safety: called from any thread; it must not block.</remarks>
internal interface ICallObserver
{
    /// <summary>Whether the store receives each call, in <see cref="RateLimitRequest.Tag"/>, because its operations are recorded.</summary>
    bool NeedsTags => false;

    /// <summary>Whether each rejection gets an id, because it can be looked up.</summary>
    bool NeedsIds => false;

    /// <summary>The limits of a server were configured: its counters begin at 0. It comes before the server's first call.</summary>
    void Configured(RateLimitPolicy policy)
    {
    }

    /// <summary>A call was decided by limits: by what the store answered, or because its caller lacks an identity.</summary>
    void Decided(in DecidedCall call);

    /// <summary>A call came that no limit decided.</summary>
    void Undecided(in UndecidedCall call)
    {
    }
}

/// <summary>A call that no limit decided.</summary>
/// <param name="Server">The name of the server that was called.</param>
/// <param name="Outcome">The outcome: no limit applies, or it could not be read.</param>
internal readonly record struct UndecidedCall(string Server, CallOutcome Outcome);

/// <summary>A call, as its client described it.</summary>
/// <param name="Method">The JSON-RPC method.</param>
/// <param name="Operation">The name of the tool or prompt or the URI of the resource, as the caller wrote it; or null.</param>
/// <param name="RequestId">The id as the bytes of its JSON, which must not be kept; empty where there is none.</param>
/// <param name="ProtocolVersion">The version of the protocol, as the client wrote it; or null.</param>
/// <param name="Backend">The server behind a virtual server to which the call goes, where limits depend on it; else null.</param>
internal readonly record struct CallDescription(
    string Method, string? Operation, ReadOnlyMemory<byte> RequestId = default, string? ProtocolVersion = null, string? Backend = null);

/// <summary>A call and its decision.</summary>
/// <param name="Server">The name of the server that was called.</param>
/// <param name="Description">The call, as its client described it.</param>
/// <param name="Caller">The caller: never for a log.</param>
/// <param name="Decision">The decision; its states can be read during the call to the observer only.</param>
/// <param name="Duration">How long the decision took, the store's answer included; zero where no store was asked.</param>
/// <param name="ConfigVersion">The version of the configuration that decided.</param>
internal readonly record struct DecidedCall(
    string Server, CallDescription Description, CallerIdentity Caller, GateDecision Decision, TimeSpan Duration, string ConfigVersion)
{
    /// <summary>When the decision ended, as a timestamp of the clock; 0 where no store was asked.</summary>
    internal long EndedAt { get; init; }

    /// <summary>The JSON-RPC method.</summary>
    internal string Method => Description.Method;

    /// <summary>The name of the tool or prompt or the URI of the resource, as the caller wrote it; or null.</summary>
    internal string? Operation => Description.Operation;
}

/// <summary>What a store that records its operations receives about a call.</summary>
/// <param name="method">The JSON-RPC method.</param>
/// <param name="operation">What it names, as the caller wrote it; or null.</param>
/// <param name="backend">The server behind a virtual server to which it goes, where limits depend on it; else null.</param>
/// <param name="configVersion">The version of the configuration that decides.</param>
internal sealed class CallTag(string method, string? operation, string? backend, string configVersion)
{
    internal string Method => method;

    internal string? Operation => operation;

    internal string? Backend => backend;

    internal string ConfigVersion => configVersion;

    /// <summary>The number of its decision in the record, of the last one if there were several; 0 before. The recorder sets it.</summary>
    internal long Number { get; set; }

    /// <summary>The limits by which it was decided; null before. The recorder sets it.</summary>
    internal ApplicableLimits? Limits { get; set; }
}
