using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Reads <c>overrides</c>.</summary>
internal sealed class OverridesReader(FaultList faults, KnownIdentities identities)
{
    private const string ListField = "overrides";
    private const string RateField = "rate";

    /// <summary>The value of <c>overrides</c> of a server or an operation.</summary>
    internal static readonly ValueSpec Value = new ListSpec(new GroupSpec(() => ScopesTable!), RateLimitingReader.MaxEntries);

    /// <summary>The value of <c>overrides</c> of an entry of <c>limits</c>.</summary>
    internal static readonly ValueSpec ValueOfLimit = new ListSpec(new GroupSpec(() => RateTable!), RateLimitingReader.MaxEntries);

    private static readonly FieldTable ScopesTable =
        new([ConditionReader.CallersField, .. RateLimitingReader.ScopeFields.Select(scope => new FieldSpec(scope, RatesReader.OverrideValue))])
        {
            OneOf = [.. RateLimitingReader.ScopeFields.Select(scope => (string[])[scope])],
            Elsewhere = ImmutableDictionary<string, string>.Empty.Add(
                ConcurrencyReader.Name,
                "These overrides change rates. "
                    + "For another number of calls at once, write an entry of 'limits' with 'concurrency' and 'overrides'."),
        };

    private static readonly FieldTable RateTable = new(
        ConditionReader.CallersField,
        new FieldSpec(RateField, RatesReader.OverrideValue),
        new(ConcurrencyReader.Name, new AnyOfSpec(ConcurrencyReader.Calls, new ConstantSpec(System.Text.Json.Nodes.JsonValue.Create("unlimited")))))
    {
        OneOf = [[RateField], [ConcurrencyReader.Name]],
        Apart = [(RateField, ConcurrencyReader.Name)],
        Elsewhere = RateLimitingReader.ScopeFields.ToImmutableDictionary(
            scope => scope, _ => "The entry of 'limits' says what it counts by: write 'rate', or 'concurrency'."),
    };

    private readonly ConditionReader _conditions = new(faults, identities);
    private readonly RatesReader _rates = new(faults);

    /// <summary>The overrides of a server's or an operation's scopes.</summary>
    internal ImmutableArray<OverrideSettings> ReadScopes(FieldReader parent) => !parent.Has(ListField) ? [] :
        [.. Entries(parent, ScopesTable).Select(reader => new OverrideSettings
        {
            When = _conditions.ReadCallers(reader),
            Shared = ReadScope(reader, "shared"),
            PerTenant = ReadScope(reader, "perTenant"),
            PerUser = ReadScope(reader, "perUser"),
            PerClient = ReadScope(reader, "perClient"),
        })];

    /// <summary>The overrides of an entry of <c>limits</c>.</summary>
    internal ImmutableArray<LimitOverrideSettings> ReadNumbers(FieldReader parent) => !parent.Has(ListField) ? [] :
        [.. Entries(parent, RateTable).Select(reader => ReadNumbers(reader, parent.HasAttempt(RateField)))];

    private LimitOverrideSettings ReadNumbers(FieldReader reader, bool isOfRate)
    {
        LimitOverrideSettings settings = new() { When = _conditions.ReadCallers(reader), Rate = _rates.ReadOverride(reader, RateField) };
        if (settings.Rate is null && IsUnlimited(reader.Node(ConcurrencyReader.Name)))
        {
            if (isOfRate)
            {
                faults.Add(
                    reader.Mapping.Find(ConcurrencyReader.Name)!,
                    reader.PathOf(ConcurrencyReader.Name),
                    "is for an entry that limits concurrency, and this one has a rate. Write 'rate: unlimited'.");
            }

            return settings with { Rate = RateOverride.Unlimited };
        }

        if (reader.Node(ConcurrencyReader.Name) is ScalarNode { IsUnresolved: false, IsSubstituted: false } scalar
            && scalar.Value.Trim().Equals(RateOverride.Unlimited.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            faults.Add(
                scalar, reader.PathOf(ConcurrencyReader.Name), $"{scalar.Describe()} is not a number of calls. "
                    + $"Did you mean '{RateOverride.Unlimited}'? Case matters.");
            return settings with { Concurrency = ConcurrencySettings.MaxCalls };
        }

        return settings with { Concurrency = ConcurrencyReader.ReadCallsOfEntry(reader) };
    }

    private static bool IsUnlimited(Node? node) =>
        node is ScalarNode { IsUnresolved: false } scalar
        && RateOverride.TryParseWord(scalar.Value, out RateOverride? word)
        && word.IsUnlimited;

    private IEnumerable<FieldReader> Entries(FieldReader parent, FieldTable table) => parent
        .List(ListField)
        .Select(entry => FieldReader.Open(entry.Item, entry.Path, table, faults))
        .OfType<FieldReader>();

    private RateOverride? ReadScope(FieldReader reader, string field)
    {
        if (reader.Has(field) && identities.WhyUnknown(field) is string why)
        {
            faults.Add(reader.Mapping.Find(field)!, reader.PathOf(field), why);
        }

        return _rates.ReadOverride(reader, field);
    }
}
