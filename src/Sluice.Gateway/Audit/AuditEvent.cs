namespace Sluice.Gateway;

/// <summary>A rejection, or one that a permissive limit would have made.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record AuditEvent
{
    /// <summary>When.</summary>
    internal required DateTimeOffset Time { get; init; }

    /// <summary>Whether the call went on, because the limit is permissive.</summary>
    internal required bool WouldRefuse { get; init; }

    internal required string Server { get; init; }

    /// <summary><c>tool</c>, <c>prompt</c>, <c>resource</c> or <c>method</c>.</summary>
    internal required string OperationKind { get; init; }

    /// <summary>The tool, the prompt, the URI of the resource, or the method; as the caller wrote it, cut to 256 characters.</summary>
    internal required string Operation { get; init; }

    /// <summary>The limit; null when the store did not answer.</summary>
    internal string? Limit { get; init; }

    /// <summary>What the limit counts by; null without a limit.</summary>
    internal string? Scope { get; init; }

    /// <summary>Who decided: a word of the metrics' label <c>source</c>.</summary>
    internal required string Source { get; init; }

    /// <summary>The version of the protocol, as the client wrote it, cut to 32 characters; or null.</summary>
    internal string? Protocol { get; init; }

    /// <summary>The id of the request, as JSON, cut to 128 characters; null for a notification.</summary>
    internal string? RequestId { get; init; }

    /// <summary>The id of the decision; null where rejections have none.</summary>
    internal string? DecisionId { get; init; }

    /// <summary>The caller's hash, or name; null for a caller about whom nothing is known.</summary>
    internal string? Caller { get; init; }

    /// <summary>The version of the configuration; empty where there is none.</summary>
    internal required string ConfigVersion { get; init; }

    /// <summary>How many further events of this limit and caller have no line.</summary>
    internal long Omitted { get; init; }
}
