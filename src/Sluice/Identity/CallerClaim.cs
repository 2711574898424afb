using System.Collections.Immutable;

namespace Sluice;

/// <summary>A verified claim of a caller.</summary>
/// <param name="Name">The claim.</param>
/// <param name="Values">Its values, a set: at least one, each once, in ordinal order.</param>
internal sealed record CallerClaim(string Name, ImmutableArray<string> Values)
{
    /// <summary>The values in the one form in which they are compared and hashed: each with its length in front.</summary>
    internal string Text { get; } = string.Concat(Values.Select(value => $"{value.Length}:{value}"));

    public bool Equals(CallerClaim? other) => other is not null && Name == other.Name && Text == other.Text;

    public override int GetHashCode() => HashCode.Combine(Name, Text);
}
