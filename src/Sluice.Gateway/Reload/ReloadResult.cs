using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>The result of the last reload.</summary>
/// <param name="At">The instant at which it ended.</param>
/// <param name="Faults">Why the document was rejected, a line each, without paths of this machine; empty when it was loaded.</param>
/// <param name="NeedsRestart">The settings that have changed in the document and keep their values until a restart.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ReloadResult(DateTimeOffset At, ImmutableArray<string> Faults, ImmutableArray<string> NeedsRestart)
{
    /// <summary>Whether the document is in use; otherwise the one before is.</summary>
    internal bool IsLoaded => Faults.IsEmpty;
}
