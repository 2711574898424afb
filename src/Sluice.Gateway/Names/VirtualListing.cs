using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>What a virtual server advertises, by the lists of the servers behind it.</summary>
internal static class VirtualListing
{
    /// <summary>The names that a virtual server advertises; none where one of its servers was not read.</summary>
    /// <param name="configuration">The servers behind it.</param>
    /// <param name="listingOf">The lists of a server.</param>
    internal static ServerListing Of(VirtualUpstreamConfiguration configuration, Func<string, ServerListing> listingOf)
    {
        VirtualNames names = new(configuration);
        HashSet<string> tools = new(StringComparer.Ordinal);
        HashSet<string> prompts = new(StringComparer.Ordinal);
        HashSet<string> resources = new(StringComparer.Ordinal);
        HashSet<string> templates = new(StringComparer.Ordinal);
        HashSet<string> groups = new(StringComparer.Ordinal);
        for (int index = 0; index < configuration.Backends.Length; index++)
        {
            string server = configuration.Backends[index].Server;
            ServerListing listing = listingOf(server);
            if (listing.Names is not ServerNames has)
            {
                return listing with { Failure = $"has the server '{server}' behind it, which {listing.Failure}" };
            }

            groups.UnionWith(has.MethodGroups);
            tools.UnionWith(has.Tools.Select(name => names.Advertised(index, ListKind.Tools, name)).OfType<string>());
            prompts.UnionWith(has.Prompts.Select(name => names.Advertised(index, ListKind.Prompts, name)).OfType<string>());
            Add(resources, has.Resources, index, names);
            Add(templates, has.Templates, index, names);
        }

        return new ServerListing(
            new ServerNames([.. tools], [.. prompts], [.. resources], [.. templates], [.. groups]), Failure: null, NeedsSignIn: false);
    }

    private static void Add(HashSet<string> all, string[] uris, int backend, VirtualNames names)
    {
        foreach (string uri in uris)
        {
            if (!all.Add(uri) && names.OtherUri(backend, uri) is string other)
            {
                all.Add(other);
            }
        }
    }
}
