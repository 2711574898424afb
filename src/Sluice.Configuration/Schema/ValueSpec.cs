using System.Text.Json.Nodes;

namespace Sluice.Configuration;

/// <summary>What a value must be. Each kind says how it reads in JSON Schema.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal abstract record ValueSpec
{
    /// <summary>The value as JSON Schema.</summary>
    internal abstract JsonObject ToSchema();

    /// <summary>A value that is not a text in the file, or a reference to a variable or a file that gives it.</summary>
    protected static JsonObject OrReference(params ReadOnlySpan<JsonObject> alternatives)
    {
        JsonArray all = [.. alternatives];
        all.Add((JsonNode)new JsonObject { ["$ref"] = "#/$defs/reference" });
        return new JsonObject { ["anyOf"] = all };
    }
}

/// <summary>A text.</summary>
/// <param name="MaxLength">The most characters.</param>
/// <param name="Pattern">What it must match, beside being more than white space; or null.</param>
/// <param name="Not">What it must not match; or null.</param>
internal sealed record TextSpec(int MaxLength = FieldReader.MaxTextLength, string? Pattern = null, string? Not = null) : ValueSpec
{
    internal override JsonObject ToSchema()
    {
        JsonObject text = new() { ["type"] = "string", ["pattern"] = Pattern ?? @"^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$", ["maxLength"] = MaxLength };
        if (Not is not null)
        {
            text["not"] = new JsonObject { ["pattern"] = Not };
        }

        return OrReference(text);
    }
}

/// <summary>A text of any kind, which may be empty and may have lines.</summary>
internal sealed record AnyTextSpec : ValueSpec
{
    internal override JsonObject ToSchema() => new() { ["type"] = "string" };
}

/// <summary>A whole number within a range.</summary>
/// <param name="Min">The smallest.</param>
/// <param name="Max">The largest.</param>
internal sealed record IntegerSpec(int Min, int Max) : ValueSpec
{
    /// <summary>What to write in the place of a number that is out of range, as a sentence; null where the range says it.</summary>
    internal string? WayOut { get; init; }

    internal override JsonObject ToSchema() => OrReference(new JsonObject { ["type"] = "integer", ["minimum"] = Min, ["maximum"] = Max });
}

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed record BooleanSpec : ValueSpec
{
    internal override JsonObject ToSchema() => OrReference(new JsonObject { ["type"] = "boolean" });
}

/// <summary>A duration within a range.</summary>
/// <param name="Min">The shortest.</param>
/// <param name="Max">The longest.</param>
/// <param name="Range">The range in words, such as <c>1s to 1d</c>.</param>
/// <param name="Example">A duration to write.</param>
internal sealed record DurationSpec(TimeSpan Min, TimeSpan Max, string Range, string Example) : ValueSpec
{
    internal override JsonObject ToSchema()
    {
        JsonObject text = new() { ["type"] = "string", ["pattern"] = SchemaPatterns.Duration, ["description"] = $"A duration from {Range}, such as {Example}." };
        return Min == TimeSpan.Zero ? OrReference(text, new JsonObject { ["const"] = 0 }) : OrReference(text);
    }
}

/// <summary>A size in bytes within a range.</summary>
/// <param name="Min">The smallest.</param>
/// <param name="Max">The largest.</param>
/// <param name="Range">The range in words, such as <c>1KiB to 1TiB</c>.</param>
/// <param name="Example">A size to write.</param>
internal sealed record SizeSpec(long Min, long Max, string Range, string Example) : ValueSpec
{
    internal override JsonObject ToSchema() => OrReference(
        new JsonObject { ["type"] = "string", ["pattern"] = SchemaPatterns.Size, ["description"] = $"A size from {Range}, such as {Example}." },
        new JsonObject { ["type"] = "number", ["minimum"] = Min, ["maximum"] = Max });
}

/// <summary>One of a few words.</summary>
internal abstract record ChoiceSpec : ValueSpec
{
    /// <summary>The words.</summary>
    internal abstract IEnumerable<string> Words { get; }

    internal override JsonObject ToSchema() =>
        OrReference(new JsonObject { ["enum"] = new JsonArray([.. Words.Select(word => (JsonNode)word)]) });
}

/// <summary>One of a few words, each with its meaning.</summary>
/// <param name="Choices">The words.</param>
internal sealed record ChoiceSpec<T>(IReadOnlyDictionary<string, T> Choices) : ChoiceSpec
    where T : struct
{
    internal override IEnumerable<string> Words => Choices.Keys;
}

/// <summary>A text, or a list of different texts.</summary>
/// <param name="Text">Each of them.</param>
/// <param name="MinCount">The fewest.</param>
internal sealed record TextsSpec(TextSpec Text, int MinCount = 1) : ValueSpec
{
    internal override JsonObject ToSchema() => new()
    {
        ["anyOf"] = new JsonArray(
            Text.ToSchema(),
            new JsonObject { ["type"] = "array", ["items"] = Text.ToSchema(), ["minItems"] = MinCount, ["maxItems"] = FieldReader.MaxTexts, ["uniqueItems"] = true }),
    };
}

/// <summary>A list.</summary>
/// <param name="Item">Each entry.</param>
/// <param name="MaxCount">The most entries.</param>
/// <param name="MinCount">The fewest.</param>
internal sealed record ListSpec(ValueSpec Item, int? MaxCount = null, int MinCount = 1) : ValueSpec
{
    /// <summary>Whether the order of the entries has a meaning, so that one manager must own the whole list.</summary>
    internal bool IsOrdered { get; init; }

    internal override JsonObject ToSchema()
    {
        JsonObject list = new() { ["type"] = "array", ["items"] = Item.ToSchema(), ["minItems"] = MinCount };
        if (MaxCount is int most)
        {
            list["maxItems"] = most;
        }

        return list;
    }
}

/// <summary>A group with the fields of a table.</summary>
/// <param name="Table">The table; asked for late, since tables refer to each other.</param>
internal sealed record GroupSpec(Func<FieldTable> Table) : ValueSpec
{
    internal override JsonObject ToSchema()
    {
        FieldTable table = Table();
        JsonObject schema = new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(
                table.Fields.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)field.Value.ToSchema()))),
            ["additionalProperties"] = false,
        };
        if (table.Fields.Any(field => field.IsRequired))
        {
            schema["required"] = Names(table.Fields.Where(field => field.IsRequired).Select(field => field.Name));
        }

        if (table.MinFields > 0)
        {
            schema["minProperties"] = table.MinFields;
        }

        if (!table.OneOf.IsEmpty)
        {
            schema["anyOf"] = new JsonArray([.. table.OneOf.Select(names => new JsonObject { ["required"] = Names(names) })]);
        }

        if (!table.Together.IsEmpty)
        {
            schema["dependentRequired"] = new JsonObject(
                table.Together.Select(pair => KeyValuePair.Create(pair.Field, (JsonNode?)Names([pair.Needs]))));
        }

        if (!table.Apart.IsEmpty)
        {
            schema["allOf"] = new JsonArray(
                [.. table.Apart.Select(pair => new JsonObject { ["not"] = new JsonObject { ["required"] = Names([pair.Field, pair.Other]) } })]);
        }

        return schema;
    }

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)name)]);
}

/// <summary>A group whose names the document chooses.</summary>
/// <param name="Value">Each value.</param>
/// <param name="Pattern">What each name must match.</param>
/// <param name="MaxCount">The most fields.</param>
/// <param name="MinCount">The fewest.</param>
internal sealed record MapSpec(ValueSpec Value, string Pattern, int? MaxCount, int MinCount = 1) : ValueSpec
{
    internal override JsonObject ToSchema()
    {
        JsonObject map = new()
        {
            ["type"] = "object",
            ["propertyNames"] = new JsonObject { ["pattern"] = Pattern },
            ["additionalProperties"] = Value.ToSchema(),
            ["minProperties"] = MinCount,
        };
        if (MaxCount is int most)
        {
            map["maxProperties"] = most;
        }

        return map;
    }
}

/// <summary>A fixed value, such as <c>0</c>.</summary>
/// <param name="Value">The value.</param>
internal sealed record ConstantSpec(JsonValue Value) : ValueSpec
{
    internal override JsonObject ToSchema() => new() { ["const"] = Value.DeepClone() };
}

/// <summary>A value that has a definition of its own in the schema, since many fields have it.</summary>
/// <param name="Name">The definition's name.</param>
/// <param name="Value">What the value must be.</param>
internal sealed record SharedSpec(string Name, ValueSpec Value) : ValueSpec
{
    internal override JsonObject ToSchema() => new() { ["$ref"] = $"#/$defs/{Name}" };
}

/// <summary>One of several kinds of value.</summary>
/// <param name="Alternatives">The kinds.</param>
internal sealed record AnyOfSpec(params ValueSpec[] Alternatives) : ValueSpec
{
    internal override JsonObject ToSchema() =>
        new() { ["anyOf"] = new JsonArray([.. Alternatives.Select(alternative => alternative.ToSchema())]) };
}
