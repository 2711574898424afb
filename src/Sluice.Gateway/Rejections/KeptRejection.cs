using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>A rejection as it is kept for operators, without the names of callers.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record KeptRejection
{
    /// <summary>The id that the client got.</summary>
    internal required string Id { get; init; }

    /// <summary>When it was decided.</summary>
    internal required DateTimeOffset At { get; init; }

    internal required string Server { get; init; }

    /// <summary>The JSON-RPC method.</summary>
    internal required string Method { get; init; }

    /// <summary>
    /// The name of the tool or prompt, or the URI of the resource, as the caller wrote it, cut to 256 characters; or null.
    /// </summary>
    internal string? Name { get; init; }

    /// <summary>
    /// The hash of the caller, or the caller's name with <c>identities: clear</c>; null for a caller about whom nothing is known.
    /// </summary>
    internal string? Caller { get; init; }

    /// <summary><c>refused</c>, or <c>unsatisfiable</c>.</summary>
    internal required RateLimitOutcome Outcome { get; init; }

    /// <summary>The limit that rejected the call; null when the store did not answer.</summary>
    internal string? Limit { get; init; }

    /// <summary>The wait; null where waiting does not help.</summary>
    internal TimeSpan? RetryAfter { get; init; }

    /// <summary>Who decided: <c>store</c>, <c>local</c>, <c>closed</c>, or <c>none</c> for a caller who lacks an identity.</summary>
    internal required string Source { get; init; }

    /// <summary>The version of the configuration that decided.</summary>
    internal required string ConfigVersion { get; init; }

    /// <summary>Each limit that applied; empty where none was asked.</summary>
    internal required ImmutableArray<KeptLimit> Limits { get; init; }
}

/// <summary>What one limit answered.</summary>
/// <param name="Limit">Its name.</param>
/// <param name="Scope">What it counts by.</param>
/// <param name="LevelBefore">Whole tokens, or free slots, that it had before the decision.</param>
/// <param name="MaxTokens">The size of its bucket, or its slots.</param>
/// <param name="Cost">What the call costs there: tokens, or one slot.</param>
/// <param name="IsAllowed">Whether it would have admitted the call by itself.</param>
/// <param name="RetryAfter">Its wait; zero where it admits the call, null where waiting does not help.</param>
internal sealed record KeptLimit(
    string Limit, string Scope, int LevelBefore, int MaxTokens, int Cost, bool IsAllowed, TimeSpan? RetryAfter);
