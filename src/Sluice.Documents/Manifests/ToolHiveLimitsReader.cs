using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads the limits of a ToolHive manifest, by the rules of ToolHive.</summary>
/// <remarks>
/// <para>
/// ToolHive has some of the limits of Sluice: token buckets, shared and per user, for the server and for tools. Only calls of tools count,
/// and names of tools are compared exactly.
/// </para>
/// <para>Source: <c>pkg/ratelimit</c> of github.com/stacklok/toolhive, read in November 2026.</para>
/// </remarks>
/// <param name="document">The document that contains the limits.</param>
internal sealed class ToolHiveLimitsReader(SourceDocument document)
{
    private const string PeriodField = "refillPeriod";
    private static readonly string[] Shared = ["shared", "global"];

    private static readonly FieldTable BucketTable = new(
        new FieldSpec("maxTokens", new IntegerSpec(1, int.MaxValue)).Required(),
        new FieldSpec(PeriodField, new TextSpec()).Required());

    private static readonly ValueSpec Bucket = new GroupSpec(() => BucketTable);
    private static readonly FieldSpec[] Buckets = [new("shared", Bucket), new("global", Bucket), new("perUser", Bucket)];
    private static readonly FieldTable ToolTable = new([new FieldSpec("name", new TextSpec()).Required(), .. Buckets]);

    private static readonly FieldTable Table =
        new([.. Buckets, new FieldSpec("tools", new ListSpec(new GroupSpec(() => ToolTable), RateLimitingReader.MaxEntries))]);

    private readonly FaultList _faults = document.Faults;

    /// <summary>The fields that count by user, with their paths. They need authenticated callers.</summary>
    internal List<(Field Field, string Path)> PerUser { get; } = [];

    /// <summary>The policy, or null when there are faults.</summary>
    /// <param name="node">The value of <c>rateLimiting</c>.</param>
    /// <param name="path">Its path.</param>
    /// <param name="server">The server's name.</param>
    internal RateLimitPolicy? Read(Node node, string path, string server)
    {
        int before = _faults.Count;
        if (FieldReader.Open(node, path, Table, _faults) is not FieldReader reader)
        {
            return null;
        }

        ImmutableArray<OperationSettings> tools = ReadTools(reader);
        if (!HasBucket(reader) && tools.IsEmpty && _faults.Count == before)
        {
            _faults.Add(node, path, "has no limit. Add 'shared', 'perUser' or 'tools'.");
        }

        RateLimitingSettings settings = new()
        {
            Shared = ReadShared(reader),
            PerUser = ReadBucket(reader, "perUser"),
            Tools = tools,
            Meter = MeteredRequests.Tools,
            CaseSensitive = true,
        };
        if (settings.Shared is null && settings.PerUser is null && tools.IsEmpty)
        {
            return null; // Why has been added.
        }

        RateLimitPolicy? policy = RateLimitPolicy.Compile(server, settings, out ImmutableArray<SettingsFault> broken);
        RateLimitingReader.AddFaults(broken, reader.Mapping, path, _faults);
        return _faults.Count == before ? policy : null;
    }

    private ImmutableArray<OperationSettings> ReadTools(FieldReader reader)
    {
        const string Field = "tools";
        return reader.Node(Field) is SequenceNode { Items.IsEmpty: true } // ToolHive takes it for no tools.
            ? []
            : [.. reader.List(Field).Select(entry => ReadTool(entry.Item, entry.Path)).OfType<OperationSettings>()];
    }

    private OperationSettings? ReadTool(Node item, string path)
    {
        if (FieldReader.Open(item, path, ToolTable, _faults) is not FieldReader reader)
        {
            return null;
        }

        if (!HasBucket(reader))
        {
            _faults.Add(item, path, "has no limit. Add 'shared' or 'perUser'.");
        }

        string? name = reader.Text("name");
        if (name?.Contains('*', StringComparison.Ordinal) == true)
        {
            document.Warnings.Add(
                reader.Node("name")!,
                reader.PathOf("name"),
                $"{Shown.Quote(name)} counts the calls of every tool that matches it. ToolHive compares names exactly.");
        }

        RateList? perUser = ReadBucket(reader, "perUser");
        return new()
        {
            Name = name ?? "\u0001" + path, // No name in a file has a control character.
            Shared = ReadShared(reader) ?? (perUser is null ? RatesReader.Placeholder : null),
            PerUser = perUser,
        };
    }

    private static bool HasBucket(FieldReader reader) => Buckets.Any(bucket => reader.HasAttempt(bucket.Name));

    private RateList? ReadShared(FieldReader reader)
    {
        if (Shared.All(reader.Has))
        {
            _faults.Add(
                reader.Mapping.Find("global")!, reader.PathOf("global"), "means 'shared', which is set too. Remove one of the two.");
        }

        RateList? shared = ReadBucket(reader, "shared");
        return ReadBucket(reader, "global") ?? shared;
    }

    /// <summary>
    /// Reads a bucket. The result is null if the field is missing, and a placeholder if it is wrong, so that the reader finds the other
    /// faults too.
    /// </summary>
    private RateList? ReadBucket(FieldReader owner, string field)
    {
        if (owner.Mapping.Find(field) is not Field found)
        {
            return null;
        }

        string path = owner.PathOf(field);
        if (field == "perUser")
        {
            PerUser.Add((found, path));
        }

        if (FieldReader.Open(found.Value, path, BucketTable, _faults) is not FieldReader reader)
        {
            return RatesReader.Placeholder;
        }

        int? maxTokens = reader.Integer("maxTokens");
        TimeSpan? period = ReadPeriod(reader);
        return maxTokens is int tokens && period is TimeSpan time ? new Rate(tokens, time) : RatesReader.Placeholder;
    }

    // ToolHive reads it as Go does: without days and weeks.
    private TimeSpan? ReadPeriod(FieldReader reader)
    {
        if (reader.Text(PeriodField) is not string text)
        {
            return null;
        }

        string? wrong = text.AsSpan().ContainsAny('d', 'w')
            ? $"{Shown.Quote(text)} is not a duration of Go, which has no days and weeks. Write hours, such as 24h."
            : null;
        TimeSpan period = default;
        if (wrong is null && !Rate.TryParsePeriod(text.StartsWith('+') ? text[1..] : text, out period, out string? why))
        {
            wrong = text.Length > FieldReader.MaxTextLength ? "is not a duration. Write one such as 1m0s." : why;
        }

        if (wrong is null)
        {
            return period;
        }

        _faults.Add(reader.Node(PeriodField)!, reader.PathOf(PeriodField), wrong);
        return null;
    }
}
