using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>A value of a document, with its line and column.</summary>
/// <param name="line">From 1.</param>
/// <param name="column">From 1, in UTF-16 code units.</param>
internal abstract class Node(int line, int column)
{
    internal int Line => line;

    internal int Column => column;

    /// <summary>What it is, for a message about a wrong type. It never tells a value that the file does not spell out.</summary>
    internal abstract string Describe();
}

/// <summary>A text, number, boolean or nothing.</summary>
internal sealed class ScalarNode(int line, int column) : Node(line, column)
{
    /// <summary>What the file says: all that a message may repeat.</summary>
    internal required string Written { get; init; }

    /// <summary>What is meant, once every <c>${…}</c> is replaced.</summary>
    internal required string Value { get; init; }

    /// <summary>Whether it is written without quotes, so that it can be something else than text.</summary>
    internal required bool IsPlain { get; init; }

    /// <summary>Whether a part of the value came from elsewhere. Such a value is read as its field wants it, quoted or not.</summary>
    internal bool IsSubstituted => !Replaced.IsEmpty;

    /// <summary>The parts of the value that came from elsewhere.</summary>
    internal ImmutableArray<Range> Replaced { get; init; } = [];

    /// <summary>Whether the value, or a part of it, could not be read; that fault has been added.</summary>
    internal bool IsUnresolved { get; init; }

    internal bool IsNull => IsPlain && Written is "" or "~" or "null" or "Null" or "NULL";

    /// <summary>Whether it can be a number or a boolean.</summary>
    internal bool IsTyped => IsPlain || IsSubstituted;

    internal override string Describe() => IsNull ? "an empty value" : Shown.Quote(Written);
}

/// <summary>Fields with names.</summary>
/// <param name="line">From 1.</param>
/// <param name="column">From 1.</param>
/// <param name="fields">The fields, with different names, in the order of the file.</param>
internal sealed class MappingNode(int line, int column, ImmutableArray<Field> fields) : Node(line, column)
{
    /// <summary>A group without a place, for content that is known to have no fault.</summary>
    internal static MappingNode Nowhere { get; } = new(0, 0, []);

    /// <summary>Whether it is written in braces.</summary>
    internal bool IsFlow { get; init; }

    internal ImmutableArray<Field> Fields => fields;

    internal Field? Find(string name)
    {
        foreach (Field field in fields)
        {
            if (field.Name == name)
            {
                return field;
            }
        }

        return null;
    }

    internal override string Describe() => "a group of fields";
}

/// <summary>A list.</summary>
/// <param name="line">From 1.</param>
/// <param name="column">From 1.</param>
/// <param name="items">The items.</param>
internal sealed class SequenceNode(int line, int column, ImmutableArray<Node> items) : Node(line, column)
{
    internal ImmutableArray<Node> Items => items;

    internal override string Describe() => "a list";
}

/// <summary>A field of a mapping.</summary>
/// <param name="Name">The key.</param>
/// <param name="Line">The key's line.</param>
/// <param name="Column">The key's column.</param>
/// <param name="Value">The value.</param>
internal sealed record Field(string Name, int Line, int Column, Node Value);
