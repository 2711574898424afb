using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads a <c>RateLimitPolicy</c> of <c>sluice.dev</c>.</summary>
internal static class PolicyResourceReader
{
    /// <summary>The most targets of a policy.</summary>
    internal const int MaxTargets = 16;

    private const string Spec = "spec";
    private const string TargetsField = "targetRefs";
    private const string LimitsField = "rateLimiting";
    private const string SectionField = "sectionName";
    private const string GroupField = "group";
    private const string KindField = "kind";

    // What a group has, by group.
    private static readonly Dictionary<string, string[]> Kinds = new(StringComparer.Ordinal)
    {
        [ResourceKinds.Group] = [ResourceKinds.Server, ResourceKinds.VirtualServer],
        [ToolHiveKinds.Group] = [ToolHiveKinds.Server, ToolHiveKinds.VirtualServer],
        [KmcpKinds.Group] = [KmcpKinds.Server],
    };

    /// <summary>The name of an object.</summary>
    internal static readonly TextSpec ObjectName = new(MaxLength: 253, Pattern: @"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$");

    private static readonly FieldTable TargetTable = new(
        new FieldSpec(GroupField, Words(Kinds.Keys)).Required(),
        new FieldSpec(KindField, Words(Kinds.Values.SelectMany(kinds => kinds))).Required(),
        new FieldSpec("name", ObjectName).Required(),
        new(SectionField, new TextSpec()))
    {
        Combinations = [.. Kinds.Select(group => new FieldCombination(GroupField, [group.Key], KindField, group.Value))],
    };

    /// <summary>The fields of <c>spec</c>.</summary>
    internal static readonly FieldTable Table = new(
        new FieldSpec(TargetsField, new ListSpec(new GroupSpec(() => TargetTable), MaxTargets)).Required(),
        new FieldSpec(LimitsField, RateLimitingReader.Value).Required());

    /// <summary>The fields of limits that only a whole server has.</summary>
    internal static IEnumerable<string> ServerOnly => RateLimitingReader.Table.Names
        .Except([.. RateLimitingReader.ScopeFields, "global", "concurrency", "overrides", "cost", "wait", "mode", "onStoreFailure", "rejection"]);

    /// <summary>The policy; null when it is wrong.</summary>
    /// <param name="manifest">The object.</param>
    /// <param name="identities">The identities that limits can count by.</param>
    internal static PolicyResource? Read(KubernetesObject manifest, KnownIdentities identities)
    {
        FaultList faults = manifest.Document.Faults;
        int before = faults.Count;
        ResourceIdentity? identity = ResourceIdentity.Read(manifest, isServer: false);
        if (manifest.Root.Find(Spec)?.Value is not Node spec)
        {
            faults.Add(manifest.Root, manifest.Path, "lacks the field 'spec' with its fields. Add it.");
            return null;
        }

        if (FieldReader.Open(spec, manifest.PathOf(Spec), Table, faults) is not FieldReader reader)
        {
            return null;
        }

        ImmutableArray<TargetReference> targets =
            [.. reader.List(TargetsField).Select(entry => ReadTarget(entry.Item, entry.Path, identity?.Namespace, faults)).OfType<TargetReference>()];
        string limitsPath = reader.PathOf(LimitsField);
        RateLimitPolicy? policy = reader.Required(LimitsField) is Node limits
            ? new RateLimitingReader(faults, identities).Read(limits, limitsPath, identity?.Name ?? LimitsField)
            : null;
        CheckTwice(targets, faults);
        CheckSections(targets, reader, limitsPath, faults);
        return faults.Count > before || identity is null || policy is null
            ? null
            : new PolicyResource(manifest, identity, targets, policy.Settings);
    }

    /// <summary>The targets of a policy that is wrong, as far as they can be read.</summary>
    /// <param name="manifest">The object.</param>
    /// <param name="space">Its namespace.</param>
    internal static ImmutableArray<ResourceTarget> TargetsOf(KubernetesObject manifest, string space)
    {
        FaultList known = new(""); // They have been reported.
        return manifest.Root.Find(Spec)?.Value is MappingNode spec && spec.Find(TargetsField)?.Value is SequenceNode list
            ? [.. list.Items.Select(item => ReadTarget(item, "", space, known)).OfType<TargetReference>().Select(reference => reference.Target)]
            : [];
    }

    private static TargetReference? ReadTarget(Node item, string path, string? ownNamespace, FaultList faults)
    {
        int before = faults.Count;
        if (FieldReader.Open(item, path, TargetTable, faults) is not FieldReader reader)
        {
            return null;
        }

        foreach (string field in (string[])[GroupField, KindField])
        {
            reader.Required(field);
            reader.Choice<bool>(field);
        }

        string? name = ReadName(reader, faults);
        string? section = reader.Text(SectionField);
        if (faults.Count > before)
        {
            return null;
        }

        string group = TextOf(reader, GroupField);
        string kind = TextOf(reader, KindField);
        if (Kinds[group].Contains(kind))
        {
            return new TargetReference(new ResourceTarget(group, kind, ownNamespace, name!), section, item, path);
        }

        faults.Add(
            reader.Node(KindField)!, reader.PathOf(KindField), $"{Shown.Quote(kind)} is not a kind of {group}. "
                + NearestName.Advice(kind, Kinds[group]));
        return null;
    }

    /// <summary>The name of an object; null when it is absent or wrong.</summary>
    internal static string? ReadName(FieldReader reader, FaultList faults)
    {
        string? name = reader.Text("name");
        if (name is null || ToolHiveReader.KubernetesName().IsMatch(name))
        {
            return name;
        }

        faults.Add(
            reader.Node("name")!,
            reader.PathOf("name"),
            $"{Shown.Quote(name)} is not a name. Use lower-case letters, digits, '-' and '.', with a letter or digit at both ends.");
        return null;
    }

    private static void CheckTwice(ImmutableArray<TargetReference> targets, FaultList faults)
    {
        HashSet<(ResourceTarget, string?)> seen = [];
        foreach (TargetReference target in targets.Where(target => !seen.Add((target.Target, target.SectionName))))
        {
            faults.Add(target.Node, target.Path, "is in the list twice. Remove one of the two.");
        }
    }

    // The limits of one tool are fewer than those of a server.
    private static void CheckSections(ImmutableArray<TargetReference> targets, FieldReader spec, string limitsPath, FaultList faults)
    {
        if (spec.Node(LimitsField) is not MappingNode limits || targets.All(target => target.SectionName is null))
        {
            return;
        }

        foreach (string field in ServerOnly)
        {
            if (limits.Find(field) is Field found)
            {
                faults.Add(
                    found, $"{limitsPath}.{field}",
                    $"is for a whole server, and '{SectionField}' names one tool. Move it to a policy without '{SectionField}'.");
            }
        }
    }

    private static string TextOf(FieldReader reader, string field) => ((ScalarNode)reader.Node(field)!).Value;

    private static ChoiceSpec<bool> Words(IEnumerable<string> words) =>
        new(words.Distinct(StringComparer.Ordinal).ToDictionary(word => word, _ => true, StringComparer.Ordinal));
}
