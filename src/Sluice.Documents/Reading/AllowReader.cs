using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads <c>servers[].allow</c>: which operations callers may use.</summary>
internal sealed class AllowReader(FaultList faults, KnownIdentities identities)
{
    private const int MaxEntries = 1_000;
    private const string ListField = "allow";
    private const string ClaimField = "claim";
    private const string ValuesField = "values";
    private static readonly TextsSpec Names = new(new TextSpec());
    private static readonly FieldTable Table =
        new(new FieldSpec("tools", Names), new("prompts", Names), new("resources", Names), new(ClaimField, new TextSpec()), new(ValuesField, Names))
        {
            OneOf = [["tools"], ["prompts"], ["resources"]],
            Together = [(ClaimField, ValuesField), (ValuesField, ClaimField)],
        };

    /// <summary>The value of <c>allow</c>.</summary>
    internal static readonly ValueSpec Value = new ListSpec(new GroupSpec(() => Table), MaxEntries);

    private static readonly (string Field, OperationKind Kind)[] Kinds =
        [("tools", OperationKind.Tool), ("prompts", OperationKind.Prompt), ("resources", OperationKind.Resource)];

    /// <summary>The entries; null when there is no list. Valid only when no fault was added.</summary>
    /// <param name="server">The server's fields.</param>
    /// <param name="caseSensitive">Whether the server's limits tell names apart by case.</param>
    internal ImmutableArray<AllowRule>? Read(FieldReader server, bool caseSensitive) => server.Has(ListField)
        ? [
            .. server.List(ListField)
                .Select(entry => ReadRule(entry.Item, entry.Path, caseSensitive))
                .OfType<AllowRule>(),
        ]
        : null;

    private AllowRule? ReadRule(Node item, string path, bool caseSensitive)
    {
        if (FieldReader.Open(item, path, Table, faults) is not FieldReader reader)
        {
            return null;
        }

        if (!Kinds.Any(kind => reader.HasAttempt(kind.Field)))
        {
            faults.Add(item, path, "names no operation. Add 'tools', 'prompts' or 'resources'; \"*\" stands for all of a kind.");
        }

        bool hasClaim = reader.HasAttempt(ClaimField);
        if (hasClaim && !identities.HasUsers)
        {
            faults.Add(item, path, "asks for a claim, and no 'auth' gives callers any. Add auth.jwt or auth.apiKeys, or remove 'claim'.");
        }

        if (!hasClaim && reader.Has(ValuesField))
        {
            faults.Add(item, path, "has 'values' and no 'claim' that could have them. Add 'claim', such as 'claim: scope'.");
        }

        return new AllowRule
        {
            Operations =
            [
                .. Kinds
                    .Where(kind => reader.Has(kind.Field))
                    .Select(kind => new OperationMatcher(kind.Kind, reader.Texts(kind.Field), caseSensitive)),
            ],
            Claim = reader.Text(ClaimField),
            Values = reader.Texts(ValuesField, required: hasClaim),
        };
    }
}
