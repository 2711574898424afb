using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>The fields of one kind of group: what the reader of the group reads by, and what the JSON Schema is made of.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class FieldTable
{
    private readonly FrozenDictionary<string, FieldSpec> _byName;

    internal FieldTable(params ReadOnlySpan<FieldSpec> fields)
    {
        Fields = [.. fields];
        Names = [.. Fields.Select(field => field.Name)];
        _byName = Fields.ToFrozenDictionary(field => field.Name, StringComparer.Ordinal);
    }

    /// <summary>The fields, in the order in which messages list them.</summary>
    internal ImmutableArray<FieldSpec> Fields { get; }

    /// <summary>Their names.</summary>
    internal string[] Names { get; }

    /// <summary>Advice, as a sentence, for names that belong to another group, or that users expect here and that do not exist.</summary>
    internal ImmutableDictionary<string, string> Elsewhere { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>
    /// Alternatives of which a group must have one: each the names that must all be there; none where nothing more is required.
    /// </summary>
    internal ImmutableArray<string[]> OneOf { get; init; } = [];

    /// <summary>Fields that may not be there without another one.</summary>
    internal ImmutableArray<(string Field, string Needs)> Together { get; init; } = [];

    /// <summary>Fields that may not both be there.</summary>
    internal ImmutableArray<(string Field, string Other)> Apart { get; init; } = [];

    /// <summary>Alternatives of which the values of two fields must be one; none where they do not depend on each other.</summary>
    internal ImmutableArray<FieldCombination> Combinations { get; init; } = [];

    /// <summary>The fewest fields that a group has.</summary>
    internal int MinFields { get; init; }

    /// <summary>The field of a name.</summary>
    /// <exception cref="InvalidOperationException">The table does not have it: its reader asks for a field that it does not
    /// know.</exception>
    internal FieldSpec this[string name] => _byName.TryGetValue(name, out FieldSpec? field)
        ? field
        : throw new InvalidOperationException($"The field '{name}' is not in the table of its group.");

    /// <summary>The specification of a field's value, which may be one of several alternatives.</summary>
    /// <exception cref="InvalidOperationException">The field is not in the table, or has another type.</exception>
    internal T ValueOf<T>(string name)
        where T : ValueSpec => Find<T>(this[name].Value) ?? throw new InvalidOperationException(
            $"The field '{name}' is not of the type {typeof(T).Name} in its table.");

    private static T? Find<T>(ValueSpec value)
        where T : ValueSpec =>
        value as T ?? (value switch
        {
            AnyOfSpec any => any.Alternatives.Select(Find<T>).FirstOrDefault(found => found is not null),
            SharedSpec shared => Find<T>(shared.Value),
            _ => null,
        });
}
