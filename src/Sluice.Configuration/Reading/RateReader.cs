namespace Sluice.Configuration;

/// <summary>Reads a rate, in the short form or as an object.</summary>
internal static partial class RateReader
{
    private const int MaxQuoted = 64;
    private const string PeriodField = "refillPeriod";
    private const string WayOut = "Write a count, a slash and a period, such as 100/1m.";

    /// <summary>The fields of a rate with a period.</summary>
    private static readonly FieldTable PeriodTable = new(
        new FieldSpec("maxTokens", new IntegerSpec(1, int.MaxValue)).Required(),
        new FieldSpec(PeriodField, new DurationSpec(Rate.MinRefillPeriod, Rate.MaxRefillPeriod, "1ms to 366d", "1m or 1h30m")).Required(),
        new("burst", new IntegerSpec(1, int.MaxValue)),
        new("algorithm", new ChoiceSpec<RateLimitAlgorithm>(Words.Algorithms)),
        new("align", new BooleanSpec()));

    /// <summary>The fields of both kinds of rate.</summary>
    internal static readonly FieldTable Table = new(
        [.. PeriodTable.Fields, .. CalendarTable!.Fields.Where(field => !PeriodTable.Names.Contains(field.Name))]);

    /// <summary>A rate, in the short form or as an object.</summary>
    internal static readonly ValueSpec Value = new SharedSpec(
        "rate",
        new AnyOfSpec(
            new TextSpec(int.MaxValue, SchemaPatterns.ShortRate), new GroupSpec(() => PeriodTable), new GroupSpec(() => CalendarTable)));

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
        FieldReader reader = FieldReader.Open(node, path, Table, faults)!;
        if (reader.HasAttempt(WindowField))
        {
            return ReadCalendar(reader, node, faults);
        }

        AddCalendarOnly(reader, faults);
        int? maxTokens = reader.Integer("maxTokens");
        TimeSpan? period = ReadPeriod(reader, faults);
        int? burst = reader.Integer("burst");
        RateLimitAlgorithm? algorithm = reader.Choice<RateLimitAlgorithm>("algorithm");
        bool align = reader.Boolean("align");
        if (reader.HasAttempt("algorithm") && algorithm is null)
        {
            return null; // Without it the other fields cannot be checked.
        }

        // Replacements that are valid with every other field, so that the other faults are found too.
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
        if (reader.Scalar(PeriodField, "a duration, such as 1m or 1h30m") is not ScalarNode scalar)
        {
            return null;
        }

        if (Rate.TryParsePeriod(scalar.Value, out TimeSpan period, out string? error))
        {
            return period;
        }

        faults.Add(scalar, reader.PathOf(PeriodField), IsToBeTold(scalar)
            ? error
            : $"{scalar.Describe()} is not a duration from 1ms to 366d. Write one such as 500ms, 1m, 1h30m or 14d.");
        return null;
    }

    private static bool IsToBeTold(ScalarNode scalar) => !scalar.IsSubstituted && scalar.Value.Length <= MaxQuoted;
}
