using System.CommandLine;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary><c>sluice run [FILE]</c>: the gateway; with <c>--stdio</c>, limits around one server for one client.</summary>
internal static class RunCommand
{
    /// <summary>The file that is read when none is named.</summary>
    internal const string DefaultFile = "sluice.yaml";

    /// <summary>Makes the command.</summary>
    /// <param name="server">The arguments behind <c>--</c> on the command line: a server and its arguments.</param>
    internal static Command Create(string[] server)
    {
        Argument<string?> file = new("FILE")
        {
            Description = $"The configuration, a file or a folder; {DefaultFile} when it is left out. "
                + "With --stdio, a file with the limits.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> stdio = new("--stdio")
        {
            Description = "Limit one server over standard input and output: sluice run --stdio [FILE] [--limit …] -- COMMAND ARGUMENTS…",
        };
        Option<string[]> limits = new("--limit", "-l")
        {
            Description = "With --stdio, in place of a file: RATE for all calls, or TOOL=RATE for a tool's. May be repeated.",
            HelpName = "LIMIT",
            DefaultValueFactory = _ => [],
        };
        ManifestOptions manifests = new();
        KubernetesOptions kubernetes = new();
        Option<bool> verbose = LogOptions.CreateVerbose();
        Command command = new(
            "run",
            "Run the gateway: limit the calls to the MCP servers that a file names.\n\n"
            + "Example:\n  sluice run sluice.yaml\n"
            + "  sluice run manifests/ --upstream weather=http://127.0.0.1:3001/mcp\n"
            + "  sluice run --kubernetes sluice.yaml\n"
            + "  sluice run --stdio --limit 100/1m --limit search=10/1m -- npx -y @example/server")
        {
            file,
            stdio,
            limits,
            verbose,
        };
        manifests.AddTo(command);
        kubernetes.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            string? named = parsed.GetValue(file);
            string[] set = parsed.GetValue(limits) ?? [];
            if (!LogOptions.TryRead(parsed, verbose, out LogSettings log))
            {
                return Task.FromResult(CommandLine.Failure);
            }

            ReadingOptions? options = manifests.Read(parsed, out string? why);
            if (options is null || (parsed.GetValue(stdio) && manifests.AreGiven(parsed)))
            {
                return Task.FromResult(CommandLine.FailUsage(
                    "sluice run", why ?? "--upstream and --store do not go with --stdio. Leave them out."));
            }

            if (kubernetes.AreGiven(parsed))
            {
                return kubernetes.WhyWrong(parsed) is string wrong ? Task.FromResult(CommandLine.FailUsage("sluice run", wrong))
                    : parsed.GetValue(stdio) || manifests.AreGiven(parsed) || set.Length > 0 || server.Length > 0
                        ? Task.FromResult(CommandLine.FailUsage(
                            "sluice run", "--kubernetes does not go with --stdio, --limit, --upstream, "
                                + "--store or a command behind '--'. Leave them out."))
                    : KubernetesRun.RunAsync(
                        named,
                        new KubernetesRunSettings(
                            kubernetes.Kubeconfig(parsed), kubernetes.Namespace(parsed), kubernetes.Gateway(parsed), kubernetes.RequiresPolicy(parsed)),
                        log,
                        PrintAddresses,
                        cancellationToken);
            }

            return parsed.GetValue(stdio) ? StdioRun.RunAsync(named, set, server, log, cancellationToken)
                : set.Length > 0 || server.Length > 0
                    ? Task.FromResult(CommandLine.FailUsage(
                        "sluice run", "--limit and a command behind '--' go with --stdio. Add it, or leave them out."))
                : RunAsync(named ?? DefaultFile, options, log, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(string file, ReadingOptions options, LogSettings log, CancellationToken cancellationToken)
    {
        (GatewayFileResult result, WatchStart? watched) = WatchedDocument.Open(file, options);
        string? unused = ManifestOptions.WhyUnused(options, result.Manifests);
        if (result.Configuration is not GatewayConfiguration configuration)
        {
            Console.Error.WriteLine(FaultFormatter.Format(result.Faults));
            return unused is null || result.Manifests.Servers.IsEmpty ? CommandLine.Failure : CommandLine.Fail(unused);
        }

        if (unused is not null)
        {
            return CommandLine.FailUsage("sluice run", unused);
        }

        if (await ManifestOptions.WhyUnresolvedAsync(result.Manifests, cancellationToken) is string unresolved)
        {
            return CommandLine.Fail(unresolved);
        }

        foreach (string note in result.Warnings.Select(warning => $"warning: {warning}").Concat(result.Manifests.Notes.Select(note => $"note: {note}")))
        {
            await Console.Error.WriteLineAsync($"sluice: {note}");
        }

        return await GatewayRunner.RunAsync(
            configuration,
            DocumentSource.Of(watched),
            TimeProvider.System,
            observer: null,
            onListening: PrintAddresses,
            portInUse: $"{configuration.Listen.Authority} is in use. Stop the program that uses it, or set another port in 'listen'.",
            log,
            cancellationToken);
    }

    private static void PrintAddresses(Uri clients, Uri? admin)
    {
        if (admin is not null)
        {
            Console.WriteLine($"admin on {admin.GetLeftPart(UriPartial.Authority)}");
        }

        Console.WriteLine($"listening on {clients.GetLeftPart(UriPartial.Authority)}");
    }
}
