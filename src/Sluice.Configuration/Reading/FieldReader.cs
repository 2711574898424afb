using System.Globalization;

namespace Sluice.Configuration;

/// <summary>Reads the fields of one mapping by type; whatever is wrong becomes a fault, and reading goes on.</summary>
internal sealed partial class FieldReader
{
    /// <summary>The longest name, user or tenant.</summary>
    internal const int MaxTextLength = 256;

    private readonly MappingNode _mapping;
    private readonly string _path;
    private readonly FaultList _faults;
    private HashSet<string>? _misspelt;

    private FieldReader(MappingNode mapping, string path, FaultList faults)
    {
        _mapping = mapping;
        _path = path;
        _faults = faults;
    }

    internal MappingNode Mapping => _mapping;

    /// <summary>Whether it has fields of which this version knows, and nothing more.</summary>
    internal bool HasLaterFields { get; private set; }

    /// <summary>
    /// A reader of a group whose names the document chooses, or null when the node is no mapping. A group with a table is opened by it.
    /// </summary>
    /// <param name="node">The node.</param>
    /// <param name="path">Its path.</param>
    /// <param name="known">The fields that it may have.</param>
    /// <param name="later">The fields that are planned for it.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="table">The table of the group; null for one without.</param>
    internal static FieldReader? Open(Node node, string path, string[] known, string[] later, FaultList faults, FieldTable? table = null)
    {
        if (node is not MappingNode mapping)
        {
            if (node is not ScalarNode { IsUnresolved: true })
            {
                // A text in the place of fields may be a key or a token that slipped: it is not repeated.
                string what = node is not ScalarNode scalar ? $"{node.Describe()} is not a group of fields"
                    : scalar.IsNull ? "is empty"
                    : "a text is not a group of fields";
                faults.Add(node, path, $"{what}. Write fields, such as '{known[0]}: …'.");
            }

            return null;
        }

        FieldReader reader = new(mapping, path, faults) { _table = table };
        foreach (Field field in mapping.Fields)
        {
            reader.CheckName(field, known, later);
        }

        return reader;
    }

    /// <summary>The path of one of its fields.</summary>
    internal string PathOf(string name) => _path.Length == 0 ? Shown.Step(name) : $"{_path}.{Shown.Step(name)}";

    /// <summary>Whether a field is there, in whatever state.</summary>
    internal bool Has(string name) => _mapping.Find(name) is not null;

    /// <summary>Whether a field is there, or another that seems to mean it: then its absence is not worth a second fault.</summary>
    internal bool HasAttempt(string name) => Has(name) || _misspelt?.Contains(name) == true;

    /// <summary>A field's node, or null when it is absent.</summary>
    internal Node? Node(string name) => _mapping.Find(name)?.Value;

    /// <summary>A field's node; its absence is a fault.</summary>
    internal Node? Required(string name)
    {
        Node? node = Node(name);
        if (node is null && !HasAttempt(name))
        {
            _faults.Add(_mapping, _path, $"lacks the field '{name}'. Add it.");
        }

        return node;
    }

    /// <summary>A field's value that is not wrong for another reason already; else null.</summary>
    private ScalarNode? Scalar(string name, bool required, string wanted)
    {
        Node? node = required ? Required(name) : Node(name);
        if (node is ScalarNode { IsNull: false } scalar)
        {
            return scalar.IsUnresolved ? null : scalar;
        }

        if (node is not null and not ScalarNode { IsUnresolved: true })
        {
            _faults.Add(node, PathOf(name), node is ScalarNode
                ? $"is empty. Write {wanted}{(required ? "" : ", or remove the field")}."
                : $"{node.Describe()} is not {wanted}. Write a single value.");
        }

        return null;
    }

    /// <summary>A text of 1 to 256 characters without surrounding white space; or null when it is absent or wrong.</summary>
    /// <param name="name">The field.</param>
    /// <param name="required">Whether its absence is a fault.</param>
    /// <param name="isPrivate">Whether the text is personal data, so that no message repeats it.</param>
    internal string? Text(string name, bool required, bool isPrivate = false)
    {
        if (Scalar(name, required, "text") is not ScalarNode scalar)
        {
            return null;
        }

        string? wrong = WhyNotText(scalar, isPrivate, out string text);
        return Accept(text, wrong, scalar, name);
    }

    /// <summary>A whole number within a range, or null when it is absent or wrong.</summary>
    private int? Integer(string name, int min, int max, bool required, string? advice)
    {
        if (!required && !Has(name))
        {
            return null;
        }

        string wanted = $"a whole number from {min} to {max}";
        if (Scalar(name, required, wanted) is not ScalarNode scalar)
        {
            return null;
        }

        string text = scalar.Value.Trim();
        int digits = text.StartsWith('-') ? 1 : 0;
        bool isInteger = text.Length > digits && !text.AsSpan(digits).ContainsAnyExceptInRange('0', '9');
        bool isDecimal = isInteger && (text.Length == digits + 1 || text[digits] != '0');
        if (!scalar.IsTyped || !isInteger || !isDecimal)
        {
            string wayOut = !scalar.IsTyped && isDecimal ? " Remove the quotes."
                : isInteger && !isDecimal ? " Remove the leading zeros."
                : "";
            _faults.Add(scalar, PathOf(name), $"{DescribeTyped(scalar)} is not {wanted}.{wayOut}");
            return null;
        }

        // What does not fit a 32-bit number is outside any range.
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max)
        {
            return value;
        }

        _faults.Add(scalar, PathOf(name), $"{scalar.Describe()} is outside {min} to {max}.{(advice is null ? "" : $" {advice}")}");
        return null;
    }

    /// <summary>A duration within a range, or null when it is absent or wrong.</summary>
    /// <param name="name">The field.</param>
    /// <param name="min">The shortest.</param>
    /// <param name="max">The longest.</param>
    /// <param name="range">The range in words, such as <c>1s to 1d</c>.</param>
    /// <param name="example">A duration to write instead.</param>
    private TimeSpan? Duration(string name, TimeSpan min, TimeSpan max, string range, string example)
    {
        if (!Has(name) || Scalar(name, required: false, $"a duration, such as {example}") is not ScalarNode scalar)
        {
            return null;
        }

        // A period cannot be zero, but a duration can.
        TimeSpan duration = TimeSpan.Zero;
        bool isDuration = scalar.Value.Trim() is "0" or "0s" || Rate.TryParsePeriod(scalar.Value, out duration, out _);
        if (isDuration && duration >= min && duration <= max)
        {
            return duration;
        }

        _faults.Add(scalar, PathOf(name), $"{scalar.Describe()} is not a duration from {range}. Write one such as {example}.");
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>; false when it is absent or wrong.</summary>
    internal bool Boolean(string name)
    {
        _ = ValueOf<BooleanSpec>(name);
        if (Scalar(name, "true or false") is not ScalarNode scalar)
        {
            return false;
        }

        bool isWord = scalar.Value is "true" or "false";
        if (!scalar.IsTyped || !isWord)
        {
            _faults.Add(scalar, PathOf(name), $"{DescribeTyped(scalar)} is not true or false.{(isWord ? " Remove the quotes." : "")}");
            return false;
        }

        return scalar.Value == "true";
    }

    /// <summary>One of a few words, or null when it is absent or wrong.</summary>
    private T? Choice<T>(string name, IReadOnlyDictionary<string, T> choices)
        where T : struct
    {
        if (!Has(name))
        {
            return null;
        }

        string[] words = [.. choices.Keys];
        if (Scalar(name, required: false, $"one of {string.Join(", ", words)}") is not ScalarNode scalar)
        {
            return null;
        }

        if (choices.TryGetValue(scalar.Value, out T value))
        {
            return value;
        }

        // A suggestion of the nearest word would reveal much of a secret value.
        string advice = scalar.IsSubstituted ? $"Known: {string.Join(", ", words)}."
            : ForeignNames.FindValue(name, scalar.Value) is string meant && choices.ContainsKey(meant) ? $"Did you mean '{meant}'?"
            : NearestName.Advice(scalar.Value, words);
        _faults.Add(scalar, PathOf(name), $"{scalar.Describe()} is not a value of '{name}'. {advice}");
        return null;
    }

    /// <summary>The items of a list that has at least one; none when it is absent or wrong.</summary>
    private IEnumerable<(Node Item, string Path)> List(string name, bool required, int maxItems)
    {
        Node? node = required ? Required(name) : Node(name);
        if (node is not SequenceNode list)
        {
            if (node is not null and not ScalarNode { IsUnresolved: true })
            {
                string what = node is ScalarNode { IsNull: false } ? "a text" : node.Describe();
                _faults.Add(node, PathOf(name), $"{what} is not a list. Begin each entry with '- '.");
            }

            return [];
        }

        if (list.Items.IsEmpty || list.Items.Length > maxItems)
        {
            _faults.Add(node, PathOf(name), list.Items.IsEmpty
                ? "is an empty list. Add an entry, or remove the field."
                : $"has {list.Items.Length} entries, and at most {maxItems} are allowed. Use a glob.");
        }

        string path = PathOf(name);
        return list.Items.Take(maxItems).Select((item, index) => (item, $"{path}[{index}]"));
    }

    /// <summary>A value that is right; or null, and a fault.</summary>
    internal T? Accept<T>(T? value, string? wrong, Node node, string name)
        where T : class
    {
        if (wrong is null)
        {
            return value;
        }

        _faults.Add(node, PathOf(name), wrong);
        return null;
    }

    private void CheckName(Field field, string[] known, string[] later)
    {
        if (known.Contains(field.Name))
        {
            return;
        }

        if (later.Contains(field.Name))
        {
            HasLaterFields = true;
            _faults.Add(field, PathOf(field.Name), "is not supported yet. Remove it.");
        }
        else if (_table?.Elsewhere.GetValueOrDefault(field.Name) is string elsewhere)
        {
            _faults.Add(field, PathOf(field.Name), $"{Shown.Quote(field.Name)} is not a field here. {elsewhere}");
            (_misspelt ??= new(StringComparer.Ordinal)).UnionWith(_table.OneOf.Take(1).SelectMany(names => names));
        }
        else if (_faults.IsFull)
        {
            _faults.Add(field, "", "");
        }
        else
        {
            string? foreign = ForeignNames.FindField(field.Name, known);
            string advice = foreign is null
                ? NearestName.Advice(field.Name, known)
                : $"Did you mean '{foreign}{ForeignValue(foreign, field)}'?";
            _faults.Add(field, PathOf(field.Name), $"{Shown.Quote(field.Name)} is not a field. {advice}");
            if ((foreign ?? NearestName.Find(field.Name, known)) is string meant)
            {
                (_misspelt ??= new(StringComparer.Ordinal)).Add(meant);
            }
        }
    }

    private static string ForeignValue(string name, Field field) =>
        field.Value is ScalarNode { IsSubstituted: false } scalar && ForeignNames.FindValue(name, scalar.Value) is string value
            ? $": {value}"
            : "";

    /// <summary>Whether a value that must be text is written as a boolean or a number.</summary>
    /// <remarks>Source: YAML 1.2.2, section 10.3.2, the tags that the core schema gives to plain scalars.</remarks>
    internal static bool IsAnotherType(ScalarNode scalar)
    {
        string text = scalar.Value;
        return scalar.Value.Length > 0 && scalar is { IsPlain: true, IsSubstituted: false }
            && (text is "true" or "True" or "TRUE" or "false" or "False" or "FALSE"
                || ((char.IsAsciiDigit(text[^1]) || text[^1] == '.')
                    && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)));
    }

    private static string? WhyNotText(ScalarNode scalar, bool isPrivate, out string text)
    {
        text = scalar.Value.Trim();
        return IsAnotherType(scalar) ? $"{(isPrivate ? "the value" : scalar.Describe())} is not text. Put it in quotes."
            : text.Length is < 1 or > MaxTextLength ? $"has {text.Length} characters, and must have 1 to {MaxTextLength}."
            : Characters.HasForbidden(text) ? "holds a control character. Remove it."
            : null;
    }

    private static string DescribeTyped(ScalarNode scalar) => scalar.IsTyped ? scalar.Describe() : $"the text {scalar.Describe()}";
}
