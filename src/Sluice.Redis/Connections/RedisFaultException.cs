namespace Sluice.Redis;

/// <summary>Redis did not do what it was asked. It does not leave the store, which decides without it.</summary>
internal sealed class RedisFaultException(RedisFaultKind kind, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Why.</summary>
    internal RedisFaultKind Kind { get; } = kind;

    /// <summary>Whether it says something of the calls of the run only, and nothing of the server.</summary>
    internal bool IsCallSpecific => Kind == RedisFaultKind.Script;

    /// <summary>Whether the same run may succeed in a moment: a slot is on its way to another node.</summary>
    internal bool IsTransient { get; init; }

    /// <summary>Whether the server does not have the script; nothing was run.</summary>
    internal bool IsScriptMissing { get; init; }
}
