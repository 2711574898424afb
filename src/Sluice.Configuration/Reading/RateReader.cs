using Sluice.Configuration.Documents;

namespace Sluice.Configuration.Reading;

/// <summary>Reads a rate, in the short form or as an object.</summary>
internal static class RateReader
{
    private static readonly string[] Fields = ["maxTokens", "refillPeriod", "burst", "algorithm", "align"];

    private static readonly Dictionary<string, RateLimitAlgorithm> Algorithms = new(StringComparer.Ordinal)
    {
        ["tokenBucket"] = RateLimitAlgorithm.TokenBucket,
        ["slidingWindow"] = RateLimitAlgorithm.SlidingWindow,
        ["slidingWindowCounter"] = RateLimitAlgorithm.SlidingWindowCounter,
        ["fixedWindow"] = RateLimitAlgorithm.FixedWindow,
    };

    /// <summary>The rate, or null when it is wrong.</summary>
    internal static Rate? Read(Node node, string path, FaultList faults) => node switch
    {
        ScalarNode { IsNull: false } scalar => ReadShort(scalar, path, faults),
        MappingNode => ReadObject(node, path, faults),
        _ => Wrong(node, path, faults),
    };

    private static Rate? Wrong(Node node, string path, FaultList faults)
    {
        faults.Add(node, path, $"{node.Describe()} is not a rate. Write a count, a slash and a period, such as 100/1m.");
        return null;
    }

    private static Rate? ReadShort(ScalarNode scalar, string path, FaultList faults)
    {
        if (Rate.TryParse(scalar.Value, out Rate? rate, out string? error))
        {
            return rate;
        }

        faults.Add(scalar, path, scalar.IsSubstituted
            ? $"'{scalar.Written}' does not give a rate. Write a count, a slash and a period, such as 100/1m."
            : error);
        return null;
    }

    private static Rate? ReadObject(Node node, string path, FaultList faults)
    {
        int before = faults.Count;
        FieldReader reader = FieldReader.Open(node, path, Fields, [], faults)!;
        reader.Required("maxTokens");
        long? maxTokens = reader.Integer("maxTokens", 1, int.MaxValue);
        TimeSpan? period = ReadPeriod(reader, faults);
        long? burst = reader.Integer("burst", 1, int.MaxValue);
        RateLimitAlgorithm? algorithm = reader.Choice("algorithm", Algorithms);
        bool align = reader.Boolean("align");
        if (faults.Count > before || maxTokens is null || period is null)
        {
            return null;
        }

        if (Rate.TryCreate(
            (int)maxTokens, period.Value, algorithm ?? RateLimitAlgorithm.TokenBucket, (int?)burst, align,
            out Rate? rate, out IReadOnlyList<SettingsFault> wrong))
        {
            return rate;
        }

        foreach (SettingsFault fault in wrong)
        {
            faults.Add(reader.Node(fault.Path) ?? node, reader.PathOf(fault.Path), fault.Message);
        }

        return null;
    }

    private static TimeSpan? ReadPeriod(FieldReader reader, FaultList faults)
    {
        const string Name = "refillPeriod";
        Node? node = reader.Required(Name);
        if (node is not ScalarNode scalar)
        {
            if (node is not null)
            {
                faults.Add(node, reader.PathOf(Name), $"{node.Describe()} is not a duration. Write one such as 1m or 1h30m.");
            }

            return null;
        }

        if (Rate.TryParsePeriod(scalar.Value, out TimeSpan period, out string? error))
        {
            return period;
        }

        faults.Add(scalar, reader.PathOf(Name), scalar.IsSubstituted
            ? $"'{scalar.Written}' does not give a duration from 1ms to 366d."
            : error);
        return null;
    }
}
