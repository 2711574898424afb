using System.Collections.Immutable;
using System.Globalization;

namespace Sluice.Configuration;

/// <summary>Reads <c>limits</c>: limits by any key and condition.</summary>
internal sealed class NamedLimitReader(FaultList faults, KnownIdentities identities)
{
    private const string ListField = "limits";
    private const string PerField = "per";
    private readonly ConditionReader _conditions = new(faults, identities);
    private readonly OverridesReader _overrides = new(faults, identities);
    private readonly RatesReader _rates = new(faults);

    /// <summary>The value of <c>limits</c>.</summary>
    internal static readonly ValueSpec Value = new ListSpec(new GroupSpec(() => Table!), RateLimitingReader.MaxEntries); // Before the table, which refers back.

    /// <summary>The fields of an entry.</summary>
    internal static readonly FieldTable Table = new(
        new FieldSpec("name", new TextSpec(Pattern: @"^\s*[A-Za-z0-9_.-]{1,64}\s*$")).Required(),
        new(PerField, new TextsSpec(new TextSpec(Pattern: @"^\s*(tenant|user|client|claim:.*\S.*)\s*$"), MinCount: 0)),
        ConditionReader.Field,
        new("rate", RatesReader.Value),
        new(ConcurrencyReader.Name, ConcurrencyReader.Calls),
        ConcurrencyReader.MaxAgeField,
        new("overrides", OverridesReader.ValueOfLimit),
        RateLimitingReader.CostField,
        RateLimitingReader.WaitField,
        RateLimitingReader.ModeField,
        RateLimitingReader.OnStoreFailureField,
        RateLimitingReader.SharesField,
        RateLimitingReader.RejectionField)
    {
        OneOf = [["rate"], [ConcurrencyReader.Name], ["overrides"]],
        Apart = [("rate", ConcurrencyReader.Name)],
    };

    /// <summary>The entries, each at its own index; wrong ones are included.</summary>
    internal ImmutableArray<LimitSettings> ReadAll(FieldReader reader)
    {
        LimitSettings[] entries =
            [.. reader.List(ListField).Select((entry, index) => Read(entry.Item, entry.Path, index))];
        return entries.Length == 0 && reader.HasAttempt(ListField) ? [Placeholder(0)] : [.. entries];
    }

    private LimitSettings Read(Node item, string path, int index)
    {
        FieldReader? reader = FieldReader.Open(item, path, Table, faults);
        return reader is null ? Placeholder(index) : new LimitSettings
        {
            Name = reader.Text("name") ?? UniqueName(index),
            Per = ReadKey(reader),
            When = _conditions.Read(reader),
            Rate = _rates.Read(reader, "rate"),
            Concurrency = ConcurrencyReader.ReadCallsOfEntry(reader),
            MaxAge = ConcurrencyReader.ReadMaxAge(reader),
            Overrides = _overrides.ReadNumbers(reader),
            Cost = reader.Integer("cost") ?? (reader.HasAttempt("cost") ? 1 : null),
            Wait = RateLimitingReader.ReadWait(reader) ?? (reader.HasAttempt("wait") ? RateLimitingSettings.MaxWait : null),
            Mode = reader.Choice<LimitMode>("mode"),
            OnStoreFailure = reader.Choice<StoreFailureMode>("onStoreFailure"),
            Shares = RateLimitingReader.ReadShares(reader),
            Rejection = reader.Choice<RejectionForm>("rejection"),
        };
    }

    private LimitKey ReadKey(FieldReader reader)
    {
        if (reader.Node(PerField) is SequenceNode { Items.IsEmpty: true })
        {
            return LimitKey.Shared;
        }

        ImmutableArray<string> parts = reader.Texts(PerField, WhyNotAPart);
        return LimitKey.Of([.. parts.Select(text => LimitKeyPart.TryParse(text, out LimitKeyPart? part, out _) ? part : null).OfType<LimitKeyPart>().Distinct()]);
    }

    private string? WhyNotAPart(string text) =>
        !LimitKeyPart.TryParse(text, out LimitKeyPart? part, out string? error) ? error
        : part.Claim is string claim ? identities.WhyNoClaim(claim)
        : identities.WhyUnknown(part == LimitKeyPart.Tenant ? "perTenant" : part == LimitKeyPart.Client ? "perClient" : "perUser");

    private static LimitSettings Placeholder(int index) => new() { Name = UniqueName(index), Rate = RatesReader.Placeholder };

    private static string UniqueName(int index) => string.Create(CultureInfo.InvariantCulture, $"--{index}--");
}
