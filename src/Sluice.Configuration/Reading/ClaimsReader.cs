using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Reads a group of claims: <c>{ team: search, groups: [a, b] }</c>. No message repeats a value.</summary>
internal static class ClaimsReader
{
    private const int MaxClaims = 100;

    /// <summary>What the name of a claim must match.</summary>
    internal const string NamePattern = @"^[^\u0000-\u001f\u007f]*[^\s\u0000-\u001f\u007f][^\u0000-\u001f\u007f]*$";

    /// <summary>A group of claims.</summary>
    internal static readonly ValueSpec Value = new MapSpec(new TextsSpec(new TextSpec()), NamePattern, MaxClaims);

    /// <summary>Each claim with its values, those that could be read.</summary>
    /// <param name="reader">The fields that hold the group.</param>
    /// <param name="name">The group's field.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <param name="whyWrong">Null, or what is wrong with the name of a claim, as far as this field is concerned.</param>
    internal static ImmutableArray<ClaimCondition> Read(
        FieldReader reader, string name, FaultList faults, Func<string, string?>? whyWrong = null)
    {
        if (reader.Node(name) is not Node node)
        {
            return [];
        }

        string path = reader.PathOf(name);
        if (node is MappingNode mapping && (mapping.Fields.IsEmpty || mapping.Fields.Length > MaxClaims))
        {
            faults.Add(
                node, path,
                $"holds {mapping.Fields.Length} claims, and must hold 1 to {MaxClaims}. "
                    + "Write one such as 'team: search', or remove the field.");
            return [];
        }

        string[] names = node is MappingNode group ? [.. group.Fields.Select(field => field.Name)] : ["team"];
        if (FieldReader.Open(node, path, names, [], faults) is not FieldReader claims)
        {
            return [];
        }

        ImmutableArray<ClaimCondition>.Builder read = ImmutableArray.CreateBuilder<ClaimCondition>();
        foreach (string claim in names)
        {
            if ((WhyNotAName(claim) ?? whyWrong?.Invoke(claim)) is string wrong)
            {
                faults.Add(claims.Mapping.Find(claim)!, claims.PathOf(claim), wrong);
            }

            ImmutableArray<string> values = claims.Texts(claim, required: true, isPrivate: true);
            if (!values.IsEmpty)
            {
                read.Add(new ClaimCondition(claim, values));
            }
        }

        return read.ToImmutable();
    }

    /// <summary>Null, or why a text cannot be the name of a claim.</summary>
    internal static string? WhyNotAName(string name) => LimitKeyPart.TryParse("claim:" + name, out _, out string? error) ? null : error;
}
