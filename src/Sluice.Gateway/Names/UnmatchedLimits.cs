using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Sluice.Gateway;

/// <summary>Finds the limits of a policy whose names match nothing that the server has.</summary>
internal static partial class UnmatchedLimits
{
    private static readonly OperationKind[] Kinds = [OperationKind.Tool, OperationKind.Prompt, OperationKind.Resource, OperationKind.Method];

    // The groups of methods that a server declares one by one; whether it has others cannot be told.
    private static readonly string[] DeclaredGroups = ["tools", "prompts", "resources", "completion"];

    /// <summary>Whether a policy has a name that could match nothing.</summary>
    internal static bool HasNames(RateLimitingSettings settings) => Kinds.Any(kind => NamesOf(settings, kind).Any());

    /// <summary>The limits that match nothing: of each kind, first the entries for names, and then those of <c>limits</c>.</summary>
    internal static ImmutableArray<UnmatchedLimit> Find(RateLimitingSettings settings, ServerNames has)
    {
        string[] methods = [.. McpMethods.Limitable.Where(method => IsOffered(method, has))];
        Dictionary<OperationKind, Candidates> candidates = new()
        {
            [OperationKind.Tool] = Candidates.Of(OperationKind.Tool, has.Tools, [], settings.CaseSensitive),
            [OperationKind.Prompt] = Candidates.Of(OperationKind.Prompt, has.Prompts, [], settings.CaseSensitive),
            [OperationKind.Resource] = Candidates.Of(OperationKind.Resource, has.Resources, has.Templates, settings.CaseSensitive),
            [OperationKind.Method] = Candidates.Of(OperationKind.Method, methods, [], caseSensitive: false),
        };
        return
        [
            .. from kind in Kinds
               from entry in NamesOf(settings, kind)
               where !candidates[kind].Match(entry.Name) && (kind != OperationKind.Method || CanBeTold(entry.Name, methods))
               select new UnmatchedLimit(
                   ListOf(kind), entry.Place, entry.Name, candidates[kind].Nearest(entry.Name), OtherListWith(entry.Name, kind, candidates)),
        ];
    }

    /// <summary>The names of a kind in a policy, and where each of them is.</summary>
    private static IEnumerable<(string Name, ImmutableArray<object> Place)> NamesOf(RateLimitingSettings settings, OperationKind kind)
    {
        string list = ListOf(kind);
        return
        [
            .. settings[kind].Select((entry, index) => (entry.Name, ImmutableArray.Create<object>(list, index, "name"))),
            .. settings.Limits.SelectMany((limit, entry) => limit.When[kind].Select(
                (name, index) => (name, ImmutableArray.Create<object>("limits", entry, "when", list, index)))),
        ];
    }

    private static string ListOf(OperationKind kind) => $"{kind}s".ToLowerInvariant();

    private static string? OtherListWith(string name, OperationKind kind, Dictionary<OperationKind, Candidates> candidates) =>
        kind == OperationKind.Method
            ? null
            : Kinds.Where(other => other != OperationKind.Method && other != kind && candidates[other].Has(name)).Select(ListOf).FirstOrDefault();

    private static bool IsOffered(string method, ServerNames has)
    {
        string group = method[..method.IndexOf('/')];
        return !DeclaredGroups.Contains(group) || has.MethodGroups.Contains(group);
    }

    // A server has methods of its own too, and does not list them.
    private static bool CanBeTold(string name, string[] offered) =>
        DeclaredGroups.Any(group => name.Trim().StartsWith(group + "/", StringComparison.OrdinalIgnoreCase))
        || NearestName.Find(name.Trim(), offered) is not null;

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex TemplateExpression();

    /// <summary>The names of one kind that a server has.</summary>
    private sealed class Candidates(OperationNames rules, string[] names, string[] patterns)
    {
        private readonly HashSet<string> _canonical = names.Select(rules.Canonical).ToHashSet(StringComparer.Ordinal);

        internal static Candidates Of(OperationKind kind, string[] names, string[] templates, bool caseSensitive)
        {
            OperationNames rules = OperationNames.For(kind, caseSensitive);
            return new Candidates(
                rules, names, [.. templates.Select(template => rules.Canonical(TemplateExpression().Replace(template, "*")))]);
        }

        /// <summary>Whether the server lists something of exactly this name.</summary>
        internal bool Has(string name) => _canonical.Contains(rules.Canonical(name));

        /// <summary>Whether the server has something that a name or glob matches.</summary>
        internal bool Match(string name)
        {
            string canonical = rules.Canonical(name);
            Glob? glob = Glob.IsGlob(canonical) ? new Glob(canonical, rules.Comparer) : null;
            return (glob is null ? _canonical.Contains(canonical) : _canonical.Any(candidate => glob.Matches(candidate)))
                || patterns.Any(pattern => Glob.Intersect(canonical, pattern, rules.Comparer));
        }

        /// <summary>The name that is meant, as far as one can tell. A glob can be told from its beginning, up to its only star.</summary>
        internal string? Nearest(string name)
        {
            string trimmed = name.Trim();
            if (!Glob.IsGlob(trimmed))
            {
                return NearestName.Find(trimmed, names);
            }

            string start = trimmed[..^1];
            return trimmed.EndsWith('*') && start.Length > 0 && !Glob.IsGlob(start)
                && NearestName.Find(
                    start, names.Where(other => other.Length >= start.Length).Select(other => other[..start.Length])) is string nearest
                    ? nearest + "*"
                    : null;
        }
    }
}
