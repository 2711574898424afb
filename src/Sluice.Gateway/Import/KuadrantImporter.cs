using System.Collections.Immutable;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Reads the RateLimitPolicy of Kuadrant.</summary>
/// <remarks>Source: api/v1/ratelimitpolicy_types.go of Kuadrant/kuadrant-operator; counters are Limitador's.</remarks>
internal sealed class KuadrantImporter : IImporter
{
    private const string Group = "kuadrant.io/";

    public string Product => "kuadrant";

    public string FileKind => "a RateLimitPolicy of Kuadrant";

    public bool Recognizes(ImportSource source) => source.Groups.Any(IsPolicy);

    public void Import(ImportSource source, ImportedDocument document)
    {
        bool knowsCallers = false;
        foreach (MappingNode node in source.Groups)
        {
            SourceGroup policy = new(node, "", document);
            if (!IsPolicy(node))
            {
                document.Note(
                    node.Line, "", $"{Shown.Quote(policy.Text("kind") ?? "a document")} is left out: only policies of Kuadrant are read.");
                continue;
            }

            if (policy.Text("kind") != "RateLimitPolicy")
            {
                policy.Fault(
                    "kind", "counts tokens of language models, which have no equivalent: limits here count calls. Remove the document.");
                continue;
            }

            policy.Skip("apiVersion", "metadata", "status");
            knowsCallers |= ReadPolicy(policy, document);
            policy.NoteUnknown();
        }

        if (knowsCallers)
        {
            document.AddPlaceholderAuth();
        }

        document.Note(
            "Windows of Limitador are fixed and begin with the first request: written as fixedWindow, of which twice the count can pass "
            + "around a window's edge.");
        document.Note(
            "Kuadrant counts every HTTP request of the route; here tools/call, "
                + "prompts/get and resources/read are counted (meter: all for more).");
    }

    private static bool IsPolicy(MappingNode root) =>
        root.Find("apiVersion")?.Value is ScalarNode version && version.Value.StartsWith(Group, StringComparison.Ordinal)
        && root.Find("kind")?.Value is ScalarNode { Value: "RateLimitPolicy" or "TokenRateLimitPolicy" };

    private static bool ReadPolicy(SourceGroup policy, ImportedDocument document)
    {
        if (policy.Group("spec") is not SourceGroup spec)
        {
            policy.Fault("spec", "is absent. Add the limits.");
            return false;
        }

        string name = "kuadrant";
        if (spec.Group("targetRef") is SourceGroup target)
        {
            name = target.Text("name") ?? name;
            target.Skip("group", "kind", "sectionName");
            target.NoteUnknown();
        }

        OutputGroup limits = document.AddPlaceholderServer(name).AddGroup("rateLimiting");
        bool knowsCallers = false;
        foreach ((string field, SourceGroup? rules) in ((string Field, SourceGroup? Rules)[])
            [("limits", spec), ("defaults", spec.Group("defaults")), ("overrides", spec.Group("overrides"))])
        {
            if (rules is null)
            {
                continue;
            }

            rules.LeaveOut("strategy", "is left out: a configuration here has one policy for a server, so nothing is merged.");
            ImmutableArray<string> conditions = Predicates(rules);
            foreach (Field limit in rules.Group("limits")?.Fields ?? [])
            {
                knowsCallers |= new KuadrantLimit(document, limit, $"{(field == "limits" ? "spec" : $"spec.{field}")}.limits").Write(limits, conditions);
            }
        }

        spec.NoteUnknown();
        if (limits.Fields.Count == 0 && document.Faults.Count == 0)
        {
            policy.Fault("spec", "has no limit that can be expressed here."
                + string.Concat(document.Notes.Where(note => note.Line > 0).Select(note => $" {note.Path} {note.Text}")));
        }

        return knowsCallers;
    }

    /// <summary>The expressions of <c>when</c>.</summary>
    internal static ImmutableArray<string> Predicates(SourceGroup rules) =>
        [.. rules.Groups("when").Select(entry => entry.Text("predicate") ?? "(an entry without a predicate)")];
}
