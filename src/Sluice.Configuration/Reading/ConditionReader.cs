using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>
/// Reads <c>when</c>: which callers, and for an entry of <c>limits</c> which operations. No message repeats whom it names.
/// </summary>
internal sealed class ConditionReader(FaultList faults, KnownIdentities identities)
{
    private const string WhenField = "when";
    private const string ClaimsField = "claims";
    private static readonly TextsSpec Names = new(new TextSpec());

    /// <summary>The fields of a condition on callers.</summary>
    internal static readonly FieldTable CallerTable =
        new(new("users", Names), new("tenants", Names), new("clients", Names), new FieldSpec(ClaimsField, ClaimsReader.Value)) { MinFields = 1 };

    /// <summary>All fields that can be in <c>when</c>.</summary>
    internal static readonly FieldTable Table =
        new([.. CallerTable.Fields, new("tools", Names), new("prompts", Names), new("resources", Names), new("methods", Names)]) { MinFields = 1 };

    /// <summary>The field <c>when</c> of an override.</summary>
    internal static readonly FieldSpec CallersField = new FieldSpec(WhenField, new GroupSpec(() => CallerTable)).Required();

    /// <summary>The field <c>when</c> of an entry of <c>limits</c>.</summary>
    internal static readonly FieldSpec Field = new(WhenField, new GroupSpec(() => Table));

    /// <summary>A condition on callers alone, which must be there.</summary>
    internal CallerCondition ReadCallers(FieldReader entry)
    {
        Node? node = entry.Required(WhenField);
        return node is not null && Open(node, entry, CallerTable) is FieldReader reader
            ? Callers(reader)
            : Placeholder(entry.PathOf(WhenField));
    }

    /// <summary>A condition on operations and callers.</summary>
    internal LimitCondition Read(FieldReader entry)
    {
        if (entry.Node(WhenField) is not Node node || Open(node, entry, Table) is not FieldReader reader)
        {
            return new LimitCondition { Callers = entry.HasAttempt(WhenField) ? Placeholder(entry.PathOf(WhenField)) : new CallerCondition() };
        }

        if (reader.Mapping.Fields.IsEmpty)
        {
            faults.Add(
                node, entry.PathOf(WhenField),
                "is empty. Add tools, prompts, resources, methods, users, tenants, clients or claims, or remove it.");
        }

        return new LimitCondition
        {
            Callers = Callers(reader),
            Tools = Texts(reader, "tools", isPrivate: false),
            Prompts = Texts(reader, "prompts", isPrivate: false),
            Resources = Texts(reader, "resources", isPrivate: false),
            Methods = Texts(reader, "methods", isPrivate: false),
        };
    }

    private FieldReader? Open(Node node, FieldReader entry, FieldTable table) =>
        FieldReader.Open(node, entry.PathOf(WhenField), table, faults);

    private CallerCondition Callers(FieldReader reader)
    {
        foreach ((string field, string scope) in ((string, string)[])[("users", "perUser"), ("tenants", "perTenant"), ("clients", "perClient")])
        {
            if (reader.Has(field) && identities.WhyUnknown(scope) is string why)
            {
                faults.Add(reader.Mapping.Find(field)!, reader.PathOf(field), why);
            }
        }

        ImmutableArray<ClaimCondition> claims = ClaimsReader.Read(reader, ClaimsField, faults, identities.WhyNoClaim);
        return new CallerCondition
        {
            Users = Texts(reader, "users", isPrivate: true),
            Tenants = Texts(reader, "tenants", isPrivate: true),
            Clients = Texts(reader, "clients", isPrivate: true),
            Claims = claims.IsEmpty && reader.HasAttempt(ClaimsField)
                ? [new ClaimCondition(Unique(reader.PathOf(ClaimsField)), [Unique("")])]
                : claims,
        };
    }

    private static ImmutableArray<string> Texts(FieldReader reader, string field, bool isPrivate)
    {
        ImmutableArray<string> texts = reader.Texts(field, isPrivate: isPrivate);
        return texts.IsEmpty && reader.HasAttempt(field) ? [Unique(reader.PathOf(field))] : texts;
    }

    // Replaces a condition that is wrong, so that no rule reports it a second time.
    private static CallerCondition Placeholder(string path) => new() { Users = [Unique(path)] };

    // A text in a file cannot contain this character, so the condition matches nothing. It is not a control character.
    private static string Unique(string path) => "\uffff" + path;
}
