using System.Collections.Immutable;

namespace Sluice.Configuration.Documents;

/// <summary>A piece of a document that knows where it stands.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal abstract record Node(int Line, int Column)
{
    /// <summary>What it is, for a message about a wrong type.</summary>
    internal abstract string Describe();
}

/// <summary>A text, number, boolean or null.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Written">What the file says: all that a message may repeat.</param>
/// <param name="Value">What is meant, once <c>${…}</c> is replaced.</param>
/// <param name="IsPlain">Whether it stands without quotes, so that it can be something else than text.</param>
internal sealed record ScalarNode(int Line, int Column, string Written, string Value, bool IsPlain) : Node(Line, Column)
{
    internal bool IsNull => IsPlain && Written is "" or "~" or "null" or "Null" or "NULL";

    internal bool IsSubstituted => Written != Value;

    internal override string Describe() => IsNull ? "nothing" : $"'{Written}'";
}

/// <summary>Fields with names.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Fields">The fields, with different names, in the order of the file.</param>
internal sealed record MappingNode(int Line, int Column, ImmutableArray<Field> Fields) : Node(Line, Column)
{
    internal Field? Find(string name) => Fields.FirstOrDefault(field => field.Name == name);

    internal override string Describe() => "a mapping";
}

/// <summary>A list.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Items">The items.</param>
internal sealed record SequenceNode(int Line, int Column, ImmutableArray<Node> Items) : Node(Line, Column)
{
    internal override string Describe() => "a list";
}

/// <summary>A field of a mapping.</summary>
/// <param name="Name">The key.</param>
/// <param name="Line">The key's line.</param>
/// <param name="Column">The key's column.</param>
/// <param name="Value">The value.</param>
internal sealed record Field(string Name, int Line, int Column, Node Value);
