namespace Sluice;

/// <summary>What a limit is on, as a value whose parts cannot run into each other whatever characters they hold.</summary>
/// <param name="Server">The server's name.</param>
/// <param name="Kind">The kind of the operation.</param>
/// <param name="Operation">The name or glob, trimmed, as configured; empty for the whole server.</param>
/// <param name="Key">The form of <paramref name="Operation"/> that is equal for every spelling that means the same.</param>
internal sealed record LimitTarget(string Server, OperationKind Kind, string Operation, string Key)
{
    /// <summary>The name of an entry of <c>limits</c>, which is its own target; null for every other target.</summary>
    internal string? Name { get; private init; }

    /// <summary>Whether it is an entry of <c>limits</c>.</summary>
    internal bool IsNamed => Name is not null;

    /// <summary>What it is, in one word: the kind of operation, or <c>limit</c>.</summary>
    internal string Word => IsNamed ? "limit" : LimitNames.Of(Kind);

    /// <summary>An entry of <c>limits</c>. Letters that differ in case only make no other entry.</summary>
    internal static LimitTarget OfLimit(string server, string name) =>
        new(server, OperationKind.Server, "", NameComparer.IgnoreAsciiCase.Canonical(name)) { Name = name };

    /// <summary>By what the target means, whatever its spelling.</summary>
    public bool Equals(LimitTarget? other) =>
        other is not null && Kind == other.Kind && IsNamed == other.IsNamed && Key == other.Key && Server == other.Server;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, IsNamed, Key, Server);
}
