namespace Sluice.Configuration;

/// <summary>Reads a rate, or a list of rates, and what an override may write in its place.</summary>
internal sealed class RatesReader(FaultList faults)
{
    /// <summary>A rate, or a list of rates.</summary>
    internal static readonly ValueSpec Value = new AnyOfSpec(RateReader.Value, new ListSpec(RateReader.Value, RateList.MaxCount));

    /// <summary>What an override may write.</summary>
    internal static readonly ValueSpec OverrideValue = new AnyOfSpec(
        RateReader.Value,
        new ListSpec(RateReader.Value, RateList.MaxCount),
        new ConstantSpec(System.Text.Json.Nodes.JsonValue.Create("unlimited")),
        new ConstantSpec(System.Text.Json.Nodes.JsonValue.Create(0)),
        new ConstantSpec(System.Text.Json.Nodes.JsonValue.Create("0")));

    private const string OverrideWords = "Only an override can be 'unlimited' or 0.";

    /// <summary>Replaces rates that are wrong, so that their place counts as taken and no rule reports it a second time.</summary>
    internal static readonly RateList Placeholder = new Rate(int.MaxValue, Rate.MinRefillPeriod);

    // Many limits have the same rate.
    private readonly Dictionary<string, RateList> _short = new(StringComparer.Ordinal);

    /// <summary>The rates; null when the field is absent, and a valid replacement when they are wrong.</summary>
    internal RateList? Read(FieldReader reader, string field)
    {
        if (reader.Node(field) is not Node node)
        {
            return reader.HasAttempt(field) ? Placeholder : null;
        }

        if (Known(node) is RateList known) // Before a path is built.
        {
            return known;
        }

        if (IsWord(node))
        {
            faults.Add(
                node, reader.PathOf(field),
                $"{node.Describe()} is not a rate. {OverrideWords} Write a rate such as 100/1m, or remove the field.");
            return Placeholder;
        }

        return Read(node, reader.PathOf(field), $"{OverrideWords} Remove it from the list.");
    }

    /// <summary>
    /// The rates, <c>unlimited</c> or <c>0</c>; null when the field is absent, and a valid replacement when they are wrong.
    /// </summary>
    internal RateOverride? ReadOverride(FieldReader reader, string field) =>
        reader.Node(field) is not Node node ? (reader.HasAttempt(field) ? (RateOverride)Placeholder : null)
        : Known(node) is RateList known ? known
        : node is ScalarNode { IsUnresolved: false } scalar && RateOverride.TryParseWord(scalar.Value, out RateOverride? word) ? word
        : IsWord(node) ? WithWrongCase(node, reader.PathOf(field))
        : Read(node, reader.PathOf(field), $"Write it without a list: '{field}: unlimited' or '{field}: 0', or a list of rates only.");

    private RateList? Known(Node node) =>
        node is ScalarNode { IsUnresolved: false, IsNull: false } scalar ? _short.GetValueOrDefault(scalar.Value) : null;

    private static bool IsWord(Node node) => node is ScalarNode { IsUnresolved: false, IsSubstituted: false } scalar
        && RateOverride.TryParseWord(scalar.Value.ToLowerInvariant(), out _);

    private RateList WithWrongCase(Node node, string path)
    {
        faults.Add(node, path, $"{node.Describe()} is not a rate. Did you mean '{RateOverride.Unlimited}'? Case matters.");
        return Placeholder;
    }

    private RateList Read(Node node, string path, string adviceOnWords) => node switch
    {
        SequenceNode list => ReadList(list, path, adviceOnWords),
        ScalarNode { IsUnresolved: false, IsNull: false } scalar => ReadShort(scalar, path),
        _ => RateReader.Read(node, path, faults) ?? Placeholder,
    };

    private RateList ReadList(SequenceNode list, string path, string adviceOnWords)
    {
        if (list.Items.IsEmpty || list.Items.Length > RateList.MaxCount)
        {
            faults.Add(list, path, list.Items.IsEmpty
                ? "is an empty list. Write 1 to 4 rates, such as 100/1m, or remove the field."
                : RateList.WhyTooMany(list.Items.Length));
            return Placeholder;
        }

        Rate?[] rates = [.. list.Items.Select((item, index) => ReadItem(item, $"{path}[{index}]", adviceOnWords))];
        return rates.Contains(null) ? Placeholder : RateList.Create([.. rates.OfType<Rate>()]);
    }

    private RateList ReadShort(ScalarNode scalar, string path)
    {
        if (RateReader.Read(scalar, path, faults) is not Rate rate)
        {
            return Placeholder;
        }

        RateList rates = rate;
        _short.Add(scalar.Value, rates);
        return rates;
    }

    private Rate? ReadItem(Node item, string path, string adviceOnWords)
    {
        if (!IsWord(item))
        {
            return RateReader.Read(item, path, faults);
        }

        faults.Add(item, path, $"{item.Describe()} is not a rate. {adviceOnWords}");
        return null;
    }
}
