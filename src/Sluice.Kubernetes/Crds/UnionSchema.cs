using System.Text.Json.Nodes;
using Sluice.Configuration;

namespace Sluice.Kubernetes;

/// <summary>The structural schema of a value that has no single type, such as a rate: a text, a group, or a list of them.</summary>
/// <remarks>
/// <para>
/// The API server has no type for it, so the value is declared as unknown and checked by rules that each concern one type: a pattern
/// concerns texts alone, <c>required</c> groups alone. Where a type is not allowed, its rule cannot be met. Unknown fields are not pruned
/// from such a value, so each set of fields that a group may have is an alternative of its own.
/// </para>
/// <para>Thread safety: one thread.</para>
/// </remarks>
internal sealed class UnionSchema
{
    private const int MaxOptional = 4;
    private readonly List<string> _patterns = [];
    private readonly List<FieldTable> _groups = [];
    private IntegerSpec? _integers;
    private ListSpec? _list;
    private int _maxLength;

    private UnionSchema()
    {
    }

    /// <summary>The schema of a value of several kinds.</summary>
    internal static JsonObject Of(ValueSpec spec)
    {
        UnionSchema union = new();
        union.Add(spec);
        return union.Write();
    }

    private void Add(ValueSpec spec)
    {
        switch (spec)
        {
            case SharedSpec shared:
                Add(shared.Value);
                break;
            case AnyOfSpec any:
                foreach (ValueSpec alternative in any.Alternatives)
                {
                    Add(alternative);
                }

                break;
            case TextsSpec texts:
                Add(texts.Text);
                _list = new ListSpec(texts.Text, FieldReader.MaxTexts, texts.MinCount);
                break;
            case TextSpec text:
                AddPattern(StructuralSchema.Pattern(text.Pattern ?? ClaimsReader.NamePattern), text.MaxLength);
                break;
            case ChoiceSpec choice:
                AddPattern($"^({string.Join('|', choice.Words)})$", FieldReader.MaxTextLength);
                break;
            case ConstantSpec { Value: JsonValue value } when value.TryGetValue(out string? word):
                AddPattern($"^{word}$", word.Length);
                break;
            case ConstantSpec { Value: JsonValue value } when value.TryGetValue(out int number):
                _integers = new IntegerSpec(number, number);
                break;
            case IntegerSpec integer:
                _integers = integer;
                break;
            case GroupSpec group:
                _groups.Add(group.Table());
                break;
            case ListSpec list:
                _list = list;
                break;
            default:
                throw new InvalidOperationException($"{spec.GetType().Name} cannot be one of several kinds.");
        }
    }

    private void AddPattern(string pattern, int maxLength)
    {
        _patterns.Add(pattern);
        _maxLength = Math.Min(Math.Max(_maxLength, maxLength), StructuralSchema.MaxTextLength);
    }

    private JsonObject Write()
    {
        bool isIntegerOrText = _groups.Count == 0 && _list is null && _integers is not null;
        JsonObject schema = new() { [isIntegerOrText ? "x-kubernetes-int-or-string" : "x-kubernetes-preserve-unknown-fields"] = true };
        schema["pattern"] = _patterns.Count == 0 ? @"[^\s\S]" : string.Join('|', _patterns);
        schema["maxLength"] = _maxLength;
        schema["minimum"] = _integers?.Min ?? 1;
        schema["maximum"] = _integers?.Max ?? 0; // No number is at least 1 and at most 0.
        if (isIntegerOrText)
        {
            return schema;
        }

        schema["minItems"] = _list?.MinCount ?? 1;
        schema["maxItems"] = _list is null ? 0 : _list.MaxCount ?? RateLimitingReader.MaxEntries;
        if (_list is not null)
        {
            schema["items"] = StructuralSchema.Of(_list.Item, isTyped: false);
        }

        if (_groups.Count == 0)
        {
            schema["minProperties"] = 1;
            schema["maxProperties"] = 0;
        }
        else
        {
            schema["properties"] = new JsonObject(_groups
                .SelectMany(group => group.Fields)
                .DistinctBy(field => field.Name)
                .Select(field => KeyValuePair.Create(field.Name, (JsonNode?)StructuralSchema.Of(field.Value, isTyped: false))));
            schema["anyOf"] = new JsonArray([.. _groups.SelectMany(FieldSets)]);
        }

        schema["not"] = new JsonObject { ["enum"] = new JsonArray(true, false) };
        return schema;
    }

    /// <summary>Each set of fields that a group may have.</summary>
    private static IEnumerable<JsonObject> FieldSets(FieldTable table)
    {
        string[] required = [.. table.Fields.Where(field => field.IsRequired).Select(field => field.Name)];
        string[] optional = [.. table.Fields.Where(field => !field.IsRequired).Select(field => field.Name)];
        if (optional.Length > MaxOptional)
        {
            throw new InvalidOperationException($"A group with {optional.Length} optional fields has too many sets of fields to list.");
        }

        return from bits in Enumerable.Range(0, 1 << optional.Length)
               let names = required.Concat(optional.Where((_, index) => (bits >> index & 1) == 1)).ToArray()
               where names.Length >= Math.Max(table.MinFields, 1)
               select new JsonObject { ["required"] = StructuralSchema.Texts(names), ["maxProperties"] = names.Length };
    }
}
