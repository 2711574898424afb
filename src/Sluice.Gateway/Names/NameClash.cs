using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>A name or URI that two servers behind a virtual server have, although <c>conflicts: error</c> says that no two do.</summary>
/// <param name="Noun">What it is the name of.</param>
/// <param name="Name">The advertised name or URI.</param>
/// <param name="First">The server that has it first.</param>
/// <param name="Later">The server that has it too.</param>
internal sealed record NameClash(string Noun, string Name, string First, string Later)
{
    /// <summary>The field that says what happens to such names.</summary>
    internal const string Field = "conflicts";

    /// <summary>What is wrong, and the way out.</summary>
    internal string Message => $"is 'error', and '{First}' and '{Later}' both have the {Noun} {Shown.Quote(Name)}. "
        + (Noun == ListKind.Tools.Noun
            ? "Give one of the two another name with 'rename', leave it out with 'tools', or use 'prefix' or 'priority'."
            : "Use 'prefix' or 'priority'.");

    /// <summary>The clashes of a virtual server; none where its conflicts are no errors.</summary>
    /// <param name="configuration">The servers behind it.</param>
    /// <param name="namesOf">What a server has; null where that is not known.</param>
    internal static IEnumerable<NameClash> Of(VirtualUpstreamConfiguration configuration, Func<string, ServerNames?> namesOf)
    {
        if (configuration.Conflicts != NameConflicts.Error)
        {
            yield break;
        }

        VirtualNames names = new(configuration);
        foreach (ListKind kind in ListKind.All)
        {
            Dictionary<string, string> first = new(StringComparer.Ordinal);
            for (int backend = 0; backend < configuration.Backends.Length; backend++)
            {
                string server = configuration.Backends[backend].Server;
                foreach (string own in namesOf(server) is ServerNames has ? has.Of(kind).Distinct(StringComparer.Ordinal) : [])
                {
                    if (names.Advertised(backend, kind, own) is string advertised && !first.TryAdd(advertised, server))
                    {
                        yield return new NameClash(kind.Noun, advertised, first[advertised], server);
                    }
                }
            }
        }
    }
}
