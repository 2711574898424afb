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

    /// <summary>The rates; null when the field is absent, and a stand-in when they are wrong.</summary>
    internal RateList? Read(FieldReader reader, string field)
    {
        if (reader.Node(field) is not Node node)
        {
            return reader.HasAttempt(field) ? Placeholder : null;
        }

        if (node is ScalarNode { IsUnresolved: false } scalar && RateOverride.TryParseWord(scalar.Value, out _))
        {
            faults.Add(node, reader.PathOf(field), $"{node.Describe()} is not a rate. {OverrideWords} Write a rate such as 100/1m, or remove the field.");
            return Placeholder;
        }

        return Read(node, reader.PathOf(field));
    }

    /// <summary>The rates, <c>unlimited</c> or <c>0</c>; null when the field is absent, and a stand-in when they are wrong.</summary>
    internal RateOverride? ReadOverride(FieldReader reader, string field) =>
        reader.Node(field) is not Node node ? (reader.HasAttempt(field) ? (RateOverride)Placeholder : null)
        : node is ScalarNode { IsUnresolved: false } scalar && RateOverride.TryParseWord(scalar.Value, out RateOverride? word) ? word
        : Read(node, reader.PathOf(field));

    private RateList Read(Node node, string path)
    {
        if (node is not SequenceNode list)
        {
            return RateReader.Read(node, path, faults) ?? Placeholder;
        }

        if (list.Items.IsEmpty || list.Items.Length > RateList.MaxCount)
        {
            faults.Add(node, path, $"has {list.Items.Length} rates, and a list must have 1 to {RateList.MaxCount}.");
            return Placeholder;
        }

        Rate?[] rates = [.. list.Items.Select((item, index) => RateReader.Read(item, $"{path}[{index}]", faults))];
        return rates.Contains(null) ? Placeholder : RateList.Create([.. rates.OfType<Rate>()]);
    }
}
