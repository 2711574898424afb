using System.Text.Json.Nodes;
using Sluice.Configuration;

namespace Sluice.Kubernetes;

/// <summary>Writes the tables by which resources are read as the structural schema of a custom resource.</summary>
/// <remarks>
/// <para>
/// A structural schema has no references, no <c>additionalProperties</c> beside fields, and one type for each value. So shared definitions
/// are written out, and a value that may be a text, a list or a group (see <see cref="UnionSchema"/>) is described by rules that each apply
/// to values of one type.
/// </para>
/// <para>It accepts all that the reader accepts. What the reader rejects and it cannot express, the reader rejects later.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class StructuralSchema
{
    /// <summary>The longest text: the API server needs a bound to estimate what a check costs.</summary>
    internal const int MaxTextLength = 2048;

    private const int MaxDurationLength = 32;

    /// <summary>The schema of a group with the fields of a table.</summary>
    internal static JsonObject Of(FieldTable table) => OfGroup(table, isTyped: true);

    /// <summary>The schema of a value.</summary>
    /// <param name="spec">What the value must be.</param>
    /// <param name="isTyped">Whether every value around it has one type; only then may a rule of CEL be in it.</param>
    internal static JsonObject Of(ValueSpec spec, bool isTyped) => spec switch
    {
        SharedSpec shared => Of(shared.Value, isTyped),
        TextSpec text => OfText(text),
        AnyTextSpec => new JsonObject { ["type"] = "string", ["maxLength"] = MaxTextLength },
        IntegerSpec integer => new JsonObject { ["type"] = "integer", ["minimum"] = integer.Min, ["maximum"] = integer.Max },
        BooleanSpec => new JsonObject { ["type"] = "boolean" },
        DurationSpec duration => OfDuration(duration, isTyped),
        ChoiceSpec choice => new JsonObject { ["type"] = "string", ["enum"] = Texts(choice.Words) },
        ListSpec list => OfList(list, isTyped),
        GroupSpec group => OfGroup(group.Table(), isTyped),
        MapSpec map => OfMap(map),
        TextsSpec or AnyOfSpec => UnionSchema.Of(spec),
        _ => throw new InvalidOperationException($"{spec.GetType().Name} has no structural schema."),
    };

    /// <summary>A list of texts.</summary>
    internal static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    /// <summary>A pattern in the syntax of the API server.</summary>
    /// <remarks>Its <c>\s</c> is white space of ASCII; the readers trim all of Unicode's.</remarks>
    internal static string Pattern(string pattern) => pattern
        .Replace(@"\u0000-\u001f\u007f", @"\x{0}-\x{1f}\x{7f}", StringComparison.Ordinal)
        .Replace(@"[^\s", @"[^\s\p{Z}\x{85}", StringComparison.Ordinal);

    private static JsonObject OfText(TextSpec text)
    {
        JsonObject schema = new()
        {
            ["type"] = "string",
            ["minLength"] = 1,
            ["maxLength"] = Math.Min(text.MaxLength, MaxTextLength),
            ["pattern"] = Pattern(text.Pattern ?? ClaimsReader.NamePattern),
        };
        if (text.Not is not null)
        {
            schema["not"] = new JsonObject { ["pattern"] = Pattern(text.Not) };
        }

        return schema;
    }

    // 'format: duration' does not work: it takes '-1d' for a day, and '1.5d' for five.
    private static JsonObject OfDuration(DurationSpec duration, bool isTyped)
    {
        JsonObject schema = duration.Min == TimeSpan.Zero
            ? new JsonObject { ["x-kubernetes-int-or-string"] = true, ["minimum"] = 0, ["maximum"] = 0 }
            : new JsonObject { ["type"] = "string" };
        schema["maxLength"] = MaxDurationLength;
        schema["pattern"] = SchemaPatterns.Duration;
        if (isTyped && duration.Min > TimeSpan.Zero)
        {
            schema["x-kubernetes-validations"] = new JsonArray(new JsonObject
            {
                ["rule"] = DurationRule(duration),
                ["message"] = $"must be a duration from {duration.Range}, such as {duration.Example}",
            });
        }

        return schema;
    }

    // The pattern comes first, so that the message is ours; days are no unit of CEL.
    private static string DurationRule(DurationSpec duration)
    {
        long min = (long)duration.Min.TotalSeconds;
        long max = (long)duration.Max.TotalSeconds;
        return $"self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') ? duration(self) >= duration('{min}s') && duration(self) <= duration('{max}s')"
            + $" : !self.matches('^[0-9]{{1,6}}d$') || (int(self.replace('d', '')) * 86400 >= {min} && int(self.replace('d', '')) * 86400 <= {max})";
    }

    private static JsonObject OfList(ListSpec list, bool isTyped)
    {
        JsonObject schema = new()
        {
            ["type"] = "array",
            ["items"] = Of(list.Item, isTyped),
            ["minItems"] = list.MinCount,
            ["maxItems"] = list.MaxCount ?? RateLimitingReader.MaxEntries,
        };
        // Entries with a name are told apart by it, so that each of several managers can own some of them. Their order means nothing.
        bool hasNames = !list.IsOrdered && list.Item is GroupSpec group && group.Table() is { MinFields: 0 } table
            && table.Fields.Any(field => field is { Name: "name", IsRequired: true })
            && table.Combinations.IsEmpty;
        if (hasNames)
        {
            schema["x-kubernetes-list-type"] = "map";
            schema["x-kubernetes-list-map-keys"] = Texts(["name"]);
        }
        else
        {
            schema["x-kubernetes-list-type"] = "atomic";
        }

        return schema;
    }

    private static JsonObject OfMap(MapSpec map)
    {
        JsonObject schema = new() { ["type"] = "object", ["additionalProperties"] = Of(map.Value, isTyped: false), ["minProperties"] = map.MinCount };
        if (map.MaxCount is int most)
        {
            schema["maxProperties"] = most;
        }

        return schema;
    }

    private static JsonObject OfGroup(FieldTable table, bool isTyped)
    {
        JsonObject schema = new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(table.Fields.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)Of(field.Value, isTyped)))),
        };
        if (table.Fields.Any(field => field.IsRequired))
        {
            schema["required"] = Texts(table.Fields.Where(field => field.IsRequired).Select(field => field.Name));
        }

        if (table.MinFields > 0)
        {
            schema["minProperties"] = table.MinFields;
        }

        JsonArray all = new([.. Rules(table)]);
        if (all.Count > 0)
        {
            schema["allOf"] = all;
        }

        return schema;
    }

    private static IEnumerable<JsonObject> Rules(FieldTable table)
    {
        if (!table.OneOf.IsEmpty)
        {
            yield return AnyOf(table.OneOf.Select(names => new JsonObject { ["required"] = Texts(names) }));
        }

        foreach ((string field, string needs) in table.Together)
        {
            yield return AnyOf([Without(field), new JsonObject { ["required"] = Texts([needs]) }]);
        }

        foreach ((string field, string other) in table.Apart)
        {
            yield return Without(field, other);
        }

        if (!table.Combinations.IsEmpty)
        {
            yield return AnyOf(table.Combinations.Select(pair => new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    [pair.Field] = new JsonObject { ["enum"] = Texts(pair.Values) },
                    [pair.Other] = new JsonObject { ["enum"] = Texts(pair.OtherValues) },
                },
            }));
        }
    }

    private static JsonObject AnyOf(IEnumerable<JsonObject> alternatives) => new() { ["anyOf"] = new JsonArray([.. alternatives]) };

    private static JsonObject Without(params string[] fields) => new() { ["not"] = new JsonObject { ["required"] = Texts(fields) } };
}
