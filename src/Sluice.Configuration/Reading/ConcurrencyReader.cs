using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Reads <c>concurrency</c>: how many calls may run at once.</summary>
internal static class ConcurrencyReader
{
    /// <summary>The name of the field.</summary>
    internal const string Name = "concurrency";

    private static readonly string[] Scopes = ["shared", "perTenant", "perUser", "perClient"];

    /// <summary>Its fields.</summary>
    internal static FieldTable Table => field ??= new([.. Scopes.Select(scope => new FieldSpec(scope, Calls)), MaxAgeField])
    {
        Elsewhere = ImmutableDictionary<string, string>.Empty.Add("wait", "Write it beside 'concurrency'."),
    };

    /// <summary>How many calls at once.</summary>
    internal static readonly ValueSpec Calls = new IntegerSpec(1, ConcurrencySettings.MaxCalls)
    {
        WayOut = "Write at least 1, or remove the field for no limit. "
            + "To admit no call of some callers, write 0 for their rate in 'overrides'.",
    };

    /// <summary>The field of the longest time for which a call keeps its slots.</summary>
    internal static readonly FieldSpec MaxAgeField =
        new("maxAge", new DurationSpec(ConcurrencySettings.MaxAgeLowerBound, ConcurrencySettings.MaxAgeUpperBound, "1s to 7d", "1h"));

    // Replaces numbers that are wrong, so that their place counts as taken and no rule mentions it a second time.
    private static readonly ConcurrencySettings Placeholder = new() { Shared = ConcurrencySettings.MaxCalls };

    /// <summary>The settings; null where the field is absent.</summary>
    /// <param name="parent">The mapping that may have the field.</param>
    /// <param name="identities">The identities that callers can have.</param>
    /// <param name="faults">Where to report what is wrong.</param>
    internal static ConcurrencySettings? Read(FieldReader parent, KnownIdentities identities, FaultList faults)
    {
        if (parent.Node(Name) is not Node node)
        {
            return parent.HasAttempt(Name) ? Placeholder : null;
        }

        int before = faults.Count;
        if (FieldReader.Open(node, parent.PathOf(Name), Table, faults) is not FieldReader reader)
        {
            return Placeholder;
        }

        foreach (string scope in Scopes)
        {
            if (reader.Mapping.Find(scope) is Field field && identities.WhyUnknown(scope) is string why)
            {
                faults.Add(field, reader.PathOf(scope), why);
            }
        }

        ConcurrencySettings settings = new()
        {
            Shared = ReadCalls(reader, "shared"),
            PerTenant = ReadCalls(reader, "perTenant"),
            PerUser = ReadCalls(reader, "perUser"),
            PerClient = ReadCalls(reader, "perClient"),
            MaxAge = ReadMaxAge(reader),
        };
        return faults.Count == before ? settings : Placeholder;
    }

    /// <summary>The number of an entry of <c>limits</c>; null where the field is absent, and a valid number where it is wrong.</summary>
    internal static int? ReadCallsOfEntry(FieldReader reader) =>
        ReadCalls(reader, Name) ?? (reader.HasAttempt(Name) ? ConcurrencySettings.MaxCalls : null);

    private static int? ReadCalls(FieldReader reader, string field) => reader.Integer(field);

    /// <summary>The longest time for which a call keeps its slots; null where the field is absent or wrong.</summary>
    internal static TimeSpan? ReadMaxAge(FieldReader reader) =>
        reader.Duration("maxAge");
}
