using System.Diagnostics.CodeAnalysis;

namespace Sluice;

/// <summary>Compares names of operations by their characters, or without regard to the case of ASCII letters.</summary>
/// <remarks>Letters outside ASCII keep their case: a fold that a server does not make would merge two tools.</remarks>
internal sealed class NameComparer : IEqualityComparer<string>, IAlternateEqualityComparer<ReadOnlySpan<char>, string>
{
    private readonly bool _foldsCase;

    private NameComparer(bool foldsCase) => _foldsCase = foldsCase;

    internal static NameComparer Exact { get; } = new(foldsCase: false);

    internal static NameComparer IgnoreAsciiCase { get; } = new(foldsCase: true);

    public bool Equals(string? x, string? y) => x is null ? y is null : y is not null && Equals(x.AsSpan(), y);

    public bool Equals(ReadOnlySpan<char> alternate, string other)
    {
        if (alternate.Length != other.Length)
        {
            return false;
        }

        for (int i = 0; i < alternate.Length; i++)
        {
            if (!Equals(alternate[i], other[i]))
            {
                return false;
            }
        }

        return true;
    }

    public bool Equals(char x, char y) => x == y || (_foldsCase && Fold(x) == Fold(y));

    public int GetHashCode([DisallowNull] string obj) => GetHashCode(obj.AsSpan());

    public int GetHashCode(ReadOnlySpan<char> alternate)
    {
        uint hash = 2166136261; // FNV-1a: the table's names come from the configuration, so a caller cannot aim at it.
        foreach (char c in alternate)
        {
            hash = unchecked((hash ^ (_foldsCase ? Fold(c) : c)) * 16777619);
        }

        return unchecked((int)hash);
    }

    public string Create(ReadOnlySpan<char> alternate) => alternate.ToString();

    /// <summary>The spelling that is equal for all names that this comparer holds equal.</summary>
    internal string Canonical(string name) => _foldsCase && name.AsSpan().ContainsAnyInRange('A', 'Z') ? string.Create(name.Length, name, static (folded, original) =>
    {
        for (int i = 0; i < folded.Length; i++)
        {
            folded[i] = Fold(original[i]);
        }
    }) : name;

    private static char Fold(char c) => char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
}
