using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>A route of agentgateway's file.</summary>
internal sealed class AgentgatewayRoute(SourceGroup route, ImportedDocument document)
{
    private const string Product = "agentgateway";
    private const string Limits = "localRateLimit";
    private const string Service = "is left out: its rates are in the file of the rate limit service. "
        + "Import that with 'sluice import envoy'.";
    private readonly List<(string Name, Rate Rate, ImportedCondition Condition)> _limits = [];

    /// <summary>Writes a server for each MCP target, if the route has a limit.</summary>
    /// <returns>Whether a limit needs to know the caller.</returns>
    internal bool Write()
    {
        if (route.Group("policies") is SourceGroup policies)
        {
            ReadLimits(policies);
            policies.LeaveOut("remoteRateLimit", Service);
            policies.LeaveOut("mcpRemoteRateLimit", Service);
            policies.LeaveOut("mcpAuthorization", "is left out: which tools a caller may call is 'allow' of the server here.");
            policies.LeaveOut("jwtAuth", "is left out: write issuer and audience under auth.jwt.");
            policies.LeaveOut("cors", "is left out: browsers are admitted by 'cors' of the gateway here.");
            policies.NoteUnknown("is left out: it is not a rate limit that this importer knows.");
        }

        route.Skip("name", "hostnames");
        route.LeaveOut("matches", "is left out: a server has one path here, 'path'.");
        List<OutputGroup> servers = _limits.Count == 0 ? [] : Targets();
        foreach (OutputGroup server in servers)
        {
            WriteLimits(server.AddGroup("rateLimiting"));
        }

        if (servers.Count > 1)
        {
            route.Note(
                "backends",
                "has several targets, which share the limits of the route in agentgateway. Here each is a server with limits of its own.");
        }

        route.NoteUnknown();
        return _limits.Exists(limit => limit.Condition.IsAboutCaller);
    }

    private void ReadLimits(SourceGroup policies)
    {
        if (policies.Node(Limits) is MappingNode && policies.Group(Limits) is SourceGroup group && group.Has("conditional"))
        {
            foreach ((int index, SourceGroup entry) in group.Groups("conditional").Index())
            {
                ReadLimit(entry, $"conditional-{index + 1}");
            }

            group.Note(
                "conditional",
                "applies the first entry that matches, alone. Here every entry that matches applies, so a later entry also limits "
                + "the callers of an earlier one. Check the entries without a condition.");
            group.NoteUnknown();
            return;
        }

        foreach ((int index, SourceGroup entry) in policies.Groups(Limits).Index())
        {
            ReadLimit(entry, $"local-{index + 1}");
        }
    }

    private void ReadLimit(SourceGroup entry, string name)
    {
        int maxTokens = entry.Count("maxTokens") ?? 0;
        int perFill = entry.Count("tokensPerFill") ?? 0;
        TimeSpan? interval = SourceRates.Duration(entry, "fillInterval", Product);
        string? condition = entry.Text("condition");
        string type = entry.Text("type") ?? "requests";
        entry.NoteUnknown();
        if (type != "requests")
        {
            entry.Note(
                "type", $"{Shown.Quote(type)} counts tokens of language models: the limit is left out, since limits here count calls.");
            return;
        }

        if (interval is null || maxTokens < perFill)
        {
            entry.Fault("fillInterval", interval is null
                ? "a limit needs maxTokens, tokensPerFill and fillInterval, such as { maxTokens: 10, "
                    + "tokensPerFill: 10, fillInterval: 60s }."
                : "maxTokens is below tokensPerFill, which agentgateway rejects. Raise maxTokens.");
            return;
        }

        if (ImportedCondition.Parse(condition is null ? [] : [condition]) is not ImportedCondition parsed)
        {
            entry.Note(
                "condition",
                $"has no equivalent: {condition}. The limit is left out. "
                    + "Conditions here compare the tool, the user and claims with texts.");
            return;
        }

        if (SourceRates.Make(
            entry, "tokensPerFill", perFill, interval.Value, RateLimitAlgorithm.TokenBucket, maxTokens == perFill ? null : maxTokens) is Rate rate)
        {
            _limits.Add((name, rate, parsed));
        }
    }

    private void WriteLimits(OutputGroup limits)
    {
        foreach ((string name, Rate rate, ImportedCondition condition) in _limits)
        {
            OutputGroup entry = limits.AddItem("limits");
            entry.Add("name", name);
            condition.WriteTo(entry);
            entry.Add("rate", [rate]);
        }
    }

    private List<OutputGroup> Targets()
    {
        List<OutputGroup> servers = [];
        foreach (SourceGroup target in route.Groups("backends").SelectMany(backend => backend.Group("mcp")?.Groups("targets") ?? []))
        {
            string name = target.Text("name") ?? "agentgateway";
            if (target.Group("stdio") is SourceGroup stdio)
            {
                servers.Add(WriteCommand(name, stdio));
            }
            else if (target.Group("mcp") is SourceGroup http)
            {
                OutputGroup server = document.Root.AddItem("servers");
                server.Add("name", name);
                server.Add("upstream", AddressOf(http));
                http.NoteUnknown();
                servers.Add(server);
            }
            else
            {
                servers.Add(document.AddPlaceholderServer(name));
            }

            target.NoteUnknown("has no equivalent: write the URL of a Streamable HTTP server, or a command.");
        }

        return servers.Count > 0 ? servers : [document.AddPlaceholderServer("agentgateway")];
    }

    private static string AddressOf(SourceGroup http)
    {
        string host = http.Text("host") ?? "127.0.0.1";
        int? port = http.Count("port");
        string path = http.Text("path") ?? "/mcp";
        return host.Contains("://", StringComparison.Ordinal) ? host : $"http://{host}{(port is null ? "" : $":{port}")}{path}";
    }

    private OutputGroup WriteCommand(string name, SourceGroup stdio)
    {
        OutputGroup server = document.Root.AddItem("servers");
        server.Add("name", name);
        OutputGroup upstream = server.AddGroup("upstream");
        upstream.Add("command", stdio.Text("cmd") ?? "");
        if (stdio.Node("args") is SequenceNode arguments)
        {
            upstream.Add("args", arguments.Items.OfType<ScalarNode>().Select(argument => argument.Value));
        }

        stdio.LeaveOut("env", "is left out, since it can hold secrets: write 'env' with references such as ${NAME}.");
        stdio.NoteUnknown();
        return server;
    }
}
