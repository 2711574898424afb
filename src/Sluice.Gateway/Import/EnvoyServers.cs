namespace Sluice.Gateway;

/// <summary>The servers behind the routes of Envoy AI Gateway.</summary>
internal static class EnvoyServers
{
    private const string DefaultPath = "/mcp";

    /// <summary>Writes a server for each backend of the routes, or one placeholder server if the routes have no backend.</summary>
    internal static List<OutputGroup> Write(ImportedDocument document, List<SourceGroup> routes)
    {
        List<OutputGroup> servers = [];
        foreach (SourceGroup route in routes)
        {
            route.Skip("apiVersion", "metadata", "status");
            if (route.Group("spec") is SourceGroup spec)
            {
                spec.Skip("parentRefs");
                spec.LeaveOut("path", "is left out: each backend is a server with a path of its own here, /NAME/mcp.");
                spec.LeaveOut("securityPolicy", "is left out: write who may call under 'auth', and 'allow' of the server.");
                servers.AddRange(spec.Groups("backendRefs").Select(backend => Write(document, backend)));
                spec.NoteUnknown();
            }

            route.NoteUnknown();
        }

        if (servers.Count > 1)
        {
            document.Note(
                "The backends of an MCPRoute are one server with joined tools in Envoy AI Gateway. "
                    + "Here each is a server with limits of its own.");
        }

        return servers.Count > 0 ? servers : [document.AddPlaceholderServer("envoy")];
    }

    private static OutputGroup Write(ImportedDocument document, SourceGroup backend)
    {
        backend.Skip("group", "kind");
        string name = backend.Text("name") ?? "envoy";
        string port = backend.Count("port") is int number ? $":{number}" : "";
        string path = backend.Text("path") ?? DefaultPath;
        backend.LeaveOut("toolSelector", "is left out: which tools may be called is 'allow' of the server here.");
        backend.NoteUnknown();
        OutputGroup server = document.Root.AddItem("servers");
        server.Add("name", name);
        server.Add(
            "upstream", $"http://{name}{port}{path}",
            "The address of the backend by its name and port; a kind other than Service needs its real one.");
        return server;
    }
}
