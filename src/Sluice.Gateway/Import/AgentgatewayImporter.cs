using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Reads the configuration file of agentgateway: the rate limits of its routes, and their MCP targets.</summary>
/// <remarks>Source: schema/config.md and src/http/localratelimit.rs of agentgateway/agentgateway.</remarks>
internal sealed class AgentgatewayImporter : IImporter
{
    public string Product => "agentgateway";

    public string FileKind => "a configuration of agentgateway, with routes under 'binds'";

    public bool Recognizes(ImportSource source) => source.Groups.Any(root => root.Find("binds")?.Value is SequenceNode);

    public void Import(ImportSource source, ImportedDocument document)
    {
        bool knowsCallers = false;
        foreach (MappingNode node in source.Groups)
        {
            SourceGroup root = new(node, "", document);
            root.LeaveOut("config", "is left out: it is not about limits.");
            foreach (SourceGroup bind in root.Groups("binds"))
            {
                bind.LeaveOut("port", "is left out: the address is 'listen' here.");
                foreach (SourceGroup listener in bind.Groups("listeners"))
                {
                    listener.Skip("name");
                    foreach (SourceGroup route in listener.Groups("routes"))
                    {
                        knowsCallers |= new AgentgatewayRoute(route, document).Write();
                    }

                    listener.NoteUnknown();
                }

                bind.NoteUnknown();
            }

            root.NoteUnknown();
        }

        if (document.Root.Fields.Count == 0 && document.Faults.Count == 0)
        {
            document.Faults.Add(
                0, 0, "", "has no route with a localRateLimit that counts requests. Limits of a rate limit service are in a file of that "
                + "service: try 'sluice import envoy' with it.");
        }

        if (knowsCallers)
        {
            document.AddPlaceholderAuth();
        }

        document.Note(
            "agentgateway adds tokensPerFill at once at the end of each fillInterval; "
                + "here the tokens come back continuously, at the same rate.");
        document.Note(
            "agentgateway counts every HTTP request of the route; here tools/call, "
                + "prompts/get and resources/read are counted (meter: all for more).");
    }
}
