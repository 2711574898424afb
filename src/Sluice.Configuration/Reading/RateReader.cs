namespace Sluice.Configuration;

/// <summary>Reads a rate, in the short form or as an object.</summary>
internal static partial class RateReader
{
    private const int MaxQuoted = 64;
    private const string WayOut = "Write a count, a slash and a period, such as 100/1m.";
    internal static readonly string[] Fields = ["maxTokens", "refillPeriod", "burst", "algorithm", "align", .. CalendarFields];

    /// <summary>The rate, or null when it is wrong.</summary>
    internal static Rate? Read(Node node, string path, FaultList faults)
    {
        switch (node)
        {
            case ScalarNode { IsUnresolved: true }:
                return null;
            case ScalarNode { IsNull: false } scalar:
                return ReadShort(scalar, path, faults);
            case MappingNode:
                return ReadObject(node, path, faults);
            default:
                faults.Add(node, path, $"{node.Describe()} is not a rate. {WayOut}");
                return null;
        }
    }

    private static Rate? ReadShort(ScalarNode scalar, string path, FaultList faults)
    {
        if (Rate.TryParse(scalar.Value, out Rate? rate, out string? error))
        {
            return rate;
        }

        faults.Add(scalar, path, IsToBeTold(scalar) ? error : $"{scalar.Describe()} is not a rate. {WayOut}");
        return null;
    }

    private static Rate? ReadObject(Node node, string path, FaultList faults)
    {
        int before = faults.Count;
        FieldReader reader = FieldReader.Open(node, path, Fields, [], faults)!;
        if (reader.HasAttempt(WindowField))
        {
            return ReadCalendar(reader, node, faults);
        }

        AddCalendarOnly(reader, faults);
        int? maxTokens = reader.Integer("maxTokens", 1, int.MaxValue, required: true);
        TimeSpan? period = ReadPeriod(reader, faults);
        int? burst = reader.Integer("burst", 1, int.MaxValue);
        RateLimitAlgorithm? algorithm = reader.Choice("algorithm", Words.Algorithms);
        bool align = reader.Boolean("align");
        if (reader.HasAttempt("algorithm") && algorithm is null)
        {
            return null; // Whether the other fields go with it, nobody can say.
        }

        // Stand-ins that go with anything, so that what else is wrong comes out too.
        bool isRate = Rate.TryCreate(
            maxTokens ?? 1, period ?? Rate.MinRefillPeriod, algorithm ?? RateLimitAlgorithm.TokenBucket, burst, align,
            out Rate? rate, out IReadOnlyList<SettingsFault> wrong);
        AddFaults(wrong, reader, node, faults);
        return isRate && faults.Count == before ? rate : null;
    }

    private static void AddFaults(IReadOnlyList<SettingsFault> wrong, FieldReader reader, Node node, FaultList faults)
    {
        foreach (SettingsFault fault in wrong)
        {
            Node at = reader.Node(fault.Path) ?? node;
            faults.Add(at, reader.PathOf(fault.Path), new Redaction(at).Apply(fault.Message));
        }
    }

    private static TimeSpan? ReadPeriod(FieldReader reader, FaultList faults)
    {
        const string Name = "refillPeriod";
        if (reader.Scalar(Name, required: true, "a duration, such as 1m or 1h30m") is not ScalarNode scalar)
        {
            return null;
        }

        if (Rate.TryParsePeriod(scalar.Value, out TimeSpan period, out string? error))
        {
            return period;
        }

        faults.Add(scalar, reader.PathOf(Name), IsToBeTold(scalar)
            ? error
            : $"{scalar.Describe()} is not a duration from 1ms to 366d. Write one such as 500ms, 1m, 1h30m or 14d.");
        return null;
    }

    private static bool IsToBeTold(ScalarNode scalar) => !scalar.IsSubstituted && scalar.Value.Length <= MaxQuoted;
}
