using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>The document of Sluice while an importer fills it, with everything that the importer reports.</summary>
internal sealed class ImportedDocument(FaultList faults)
{
    private readonly HashSet<ImportNote> _known = [];

    /// <summary>What is wrong with the file of the other product.</summary>
    internal FaultList Faults => faults;

    /// <summary>What has no equivalent, or changes meaning; each once.</summary>
    internal List<ImportNote> Notes { get; } = [];

    /// <summary>The fields of our document.</summary>
    internal OutputGroup Root { get; } = new();

    internal void Note(int line, string path, string text)
    {
        ImportNote note = new(line, path, text);
        if (_known.Add(note))
        {
            Notes.Add(note);
        }
    }

    /// <summary>Adds a note about the product as a whole.</summary>
    internal void Note(string text) => Note(0, "", text);

    /// <summary>Adds <c>auth</c> with placeholders, for limits that need to know the caller.</summary>
    internal void AddPlaceholderAuth()
    {
        OutputGroup jwt = Root.AddGroup(
            "auth", "Placeholder: write who issues the tokens of your callers and for whom, "
                + "or use apiKeys or trustedProxy.").AddGroup("jwt");
        jwt.Add("issuer", "https://login.example.com");
        jwt.Add("audience", "https://mcp.example.com");
    }

    /// <summary>Adds a server whose upstream the file does not name.</summary>
    internal OutputGroup AddPlaceholderServer(string name)
    {
        OutputGroup server = Root.AddItem("servers");
        server.Add("name", name);
        server.Add("upstream", "http://127.0.0.1:8000/mcp", "Placeholder: the file does not say where the MCP server is.");
        return server;
    }
}
