using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads <c>cors</c>: which web pages may call the gateway and read what it answers.</summary>
internal sealed class CorsReader(FaultList faults)
{
    private const string Group = "cors";
    private const string Origins = "origins";
    internal static readonly FieldTable Table = new(new FieldSpec(Origins, new TextsSpec(new TextSpec())).Required());

    /// <summary>The origins that could be read; none without the group.</summary>
    internal ImmutableArray<AllowedOrigin> Read(FieldReader root)
    {
        if (root.Node(Group) is not Node node || FieldReader.Open(node, Group, Table, faults) is not FieldReader reader)
        {
            return [];
        }

        return OriginReader.ReadAll(reader, Origins);
    }
}
