namespace Sluice;

/// <summary>What a limit is on, as a value whose parts cannot run into each other whatever characters they hold.</summary>
/// <param name="Server">The server's name.</param>
/// <param name="Kind">The kind of the operation.</param>
/// <param name="Operation">The name or glob, trimmed, as configured; empty for the whole server.</param>
/// <param name="Key">The form of <paramref name="Operation"/> that is equal for every spelling that means the same.</param>
internal sealed record LimitTarget(string Server, OperationKind Kind, string Operation, string Key)
{
    /// <summary>By what the target means, whatever its spelling.</summary>
    public bool Equals(LimitTarget? other) =>
        other is not null && Kind == other.Kind && Key == other.Key && Server == other.Server;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Key, Server);
}
