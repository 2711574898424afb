using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Reads the plugin configuration of ContextForge: the entries of its rate limiter.</summary>
/// <remarks>Source: plugins/rate_limiter of IBM/mcp-context-forge, and the plugin configuration of its plugin framework.</remarks>
internal sealed class ContextForgeImporter : IImporter
{
    private const string Entries = "plugins";

    public string Product => "contextforge";

    public string FileKind => "a plugin configuration of ContextForge, with an entry of the rate limiter under 'plugins'";

    public bool Recognizes(ImportSource source) =>
        source.Groups.Any(
            root => root.Find(Entries)?.Value is SequenceNode plugins && plugins.Items.OfType<MappingNode>().Any(IsRateLimiter));

    public void Import(ImportSource source, ImportedDocument document)
    {
        int count = 0;
        foreach (MappingNode node in source.Groups)
        {
            SourceGroup root = new(node, "", document);
            foreach ((int index, Node item) in root.Node(Entries) is SequenceNode plugins ? plugins.Items.Index() : [])
            {
                if (item is not MappingNode plugin || !IsRateLimiter(plugin))
                {
                    continue;
                }

                if (count++ > 0)
                {
                    document.Faults.Add(
                        plugin, $"{Entries}[{index}]", "is a second rate limiter. Import a file with one, and join the documents by hand.");
                    return;
                }

                new ContextForgePlugin(new SourceGroup(plugin, $"{Entries}[{index}]", document), document).Import();
            }

            root.LeaveOut("plugin_dirs", "is left out: Sluice has no plugins.");
            root.LeaveOut("plugin_settings", "is left out: Sluice has no plugins.");
            root.NoteUnknown();
        }
    }

    private static bool IsRateLimiter(MappingNode plugin) =>
        (plugin.Find("kind")?.Value is ScalarNode kind && kind.Value.Replace("_", "", StringComparison.Ordinal).Contains("ratelimiter", StringComparison.OrdinalIgnoreCase))
        || (plugin.Find("config")?.Value is MappingNode config && config.Fields.Any(field => field.Name is "by_user" or "by_tenant" or "by_tool" or "by_user_per_server"));
}
