using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <content>Reading by a table, from which the JSON Schema is made too.</content>
internal sealed partial class FieldReader
{
    private FieldTable? _table;

    /// <summary>A reader of a node's fields, or null when it is no mapping; fields that are not in the table are faults.</summary>
    /// <param name="node">The node.</param>
    /// <param name="path">Its path.</param>
    /// <param name="table">The fields that it may have, and what their values must be.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="later">The fields that are planned for it.</param>
    internal static FieldReader? Open(Node node, string path, FieldTable table, FaultList faults, string[]? later = null)
    {
        return Open(node, path, table.Names, later ?? [], faults, table);
    }

    /// <summary>A field's value that is not wrong for another reason already; else null.</summary>
    internal ScalarNode? Scalar(string name, string wanted) => Scalar(name, Field(name).IsRequired, wanted);

    /// <summary>A text without surrounding white space; or null when it is absent or wrong.</summary>
    /// <param name="name">The field.</param>
    /// <param name="isPrivate">Whether the text is personal data, so that no message repeats it.</param>
    internal string? Text(string name, bool isPrivate = false) => Text(name, Field(name).IsRequired, isPrivate);

    /// <summary>A list of texts, or one text alone; what is wrong in it is left out.</summary>
    /// <param name="name">The field.</param>
    /// <param name="whyWrong">Null, or what is wrong with a text, as far as this field is concerned.</param>
    /// <param name="isPrivate">Whether the texts are identities, so that no message repeats them.</param>
    internal ImmutableArray<string> Texts(string name, Func<string, string?>? whyWrong = null, bool isPrivate = false)
    {
        _ = ValueOf<TextsSpec>(name);
        return Texts(name, Field(name).IsRequired, whyWrong, isPrivate);
    }

    /// <summary>A whole number within the range of the table, or null when it is absent or wrong.</summary>
    /// <param name="name">The field.</param>
    /// <param name="largest">The largest, where another field makes it smaller than that of the table.</param>
    internal int? Integer(string name, int largest = int.MaxValue)
    {
        IntegerSpec spec = ValueOf<IntegerSpec>(name);
        return Integer(name, spec.Min, Math.Min(spec.Max, largest), Field(name).IsRequired, spec.WayOut);
    }

    /// <summary>A duration within the range of the table, or null when it is absent or wrong.</summary>
    internal TimeSpan? Duration(string name)
    {
        (TimeSpan min, TimeSpan max, string range, string example) = ValueOf<DurationSpec>(name);
        return Duration(name, min, max, range, example);
    }

    /// <summary>One of the words of the table, or null when it is absent or wrong.</summary>
    internal T? Choice<T>(string name)
        where T : struct => Choice(name, ValueOf<ChoiceSpec<T>>(name).Choices);

    /// <summary>The items of a list that has at least one; none when it is absent or wrong.</summary>
    internal IEnumerable<(Node Item, string Path)> List(string name) =>
        List(name, Field(name).IsRequired, ValueOf<ListSpec>(name).MaxCount ?? int.MaxValue);

    private FieldSpec Field(string name) => _table![name];

    private T ValueOf<T>(string name)
        where T : ValueSpec => _table!.ValueOf<T>(name);
}
