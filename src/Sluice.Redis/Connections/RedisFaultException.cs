namespace Sluice.Redis;

/// <summary>A command of Redis failed. The store does not throw it to its caller: it decides without Redis.</summary>
internal sealed class RedisFaultException(RedisFaultKind kind, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Why.</summary>
    internal RedisFaultKind Kind { get; } = kind;

    /// <summary>Whether the calls of the run caused it, and not the server.</summary>
    internal bool IsCallSpecific => Kind == RedisFaultKind.Script;

    /// <summary>Whether a retry of the run may succeed soon: a slot is moving to another node.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>Whether the server does not have the script; nothing was run.</summary>
    internal bool IsScriptMissing { get; init; }
}
