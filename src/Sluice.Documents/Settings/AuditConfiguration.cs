namespace Sluice.Documents;

/// <summary>Events of rejections, for operators.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record AuditConfiguration
{
    /// <summary>Where events go; null for the log.</summary>
    public LogFileConfiguration? File { get; init; }

    /// <summary>Whether operators see callers by their names; else they see salted hashes.</summary>
    public bool ShowsIdentities { get; init; }
}
