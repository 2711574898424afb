using System.Collections.Immutable;
using System.CommandLine;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>
/// <c>sluice validate FILE…</c>: everything that is wrong with files, at once; with <c>--live</c>, also with their names.
/// </summary>
internal static class ValidateCommand
{
    /// <summary>The exit code when a server could not be checked, and nothing else is wrong.</summary>
    internal const int Unchecked = 3;

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMinutes(10);

    internal static Command Create()
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "The configurations, each a file or a folder, or manifests of ToolHive.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<bool> live = new("--live")
        {
            Description = "Also ask each server for its lists, and name every limit that matches no tool, prompt or resource there. "
                + "Servers that are commands are started for it.",
        };
        Option<string?> timeout = new("--timeout")
        {
            Description = "With --live: how long each server may take, 100ms to 10m; 10s when it is left out.",
            HelpName = "DURATION",
        };
        Option<bool> strict = new("--strict") { Description = "Exit with 1 also when there is a warning." };
        Option<bool> json = new("--json") { Description = "Print the result as JSON." };
        Command command = new(
            "validate",
            "Check configurations, and print every error with its place, the rule and the way out, and warnings about limits that are\n"
            + "valid and are probably not meant.\n\n"
            + "Exits with 0 when there is no error, with 1 when there is one, or a limit that matches nothing, and with 3 when a server\n"
            + "could not be checked (it cannot be reached, or needs a user's sign-in) and nothing else is wrong.\n\n"
            + "Example:\n  sluice validate sluice.yaml\n  sluice validate --live --timeout 5s sluice.yaml")
        {
            files,
            live,
            timeout,
            strict,
            json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            string? text = parsed.GetValue(timeout);
            TimeSpan limit = DefaultTimeout;
            bool isLive = parsed.GetValue(live);
            if (text is not null && !isLive)
            {
                return Task.FromResult(CommandLine.FailUsage(
                    "sluice validate", "--timeout goes with --live. Add it, or leave out --timeout."));
            }

            return text is not null && (!Rate.TryParsePeriod(text, out limit, out _) || limit < MinTimeout || limit > MaxTimeout)
                ? Task.FromResult(CommandLine.FailUsage(
                    "sluice validate", $"--timeout: {Shown.Quote(text)} is not a duration from 100ms to 10m. Write one such as 5s."))
                : RunAsync(parsed.GetRequiredValue(files), isLive ? limit : null, parsed.GetValue(strict), parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(string[] files, TimeSpan? live, bool isStrict, bool asJson, CancellationToken cancellationToken)
    {
        List<ValidateReport> reports = [];
        foreach (string file in files)
        {
            ValidateReport report = await CheckAsync(file, live, cancellationToken);
            reports.Add(report);
            foreach (string line in asJson ? [] : report.Lines())
            {
                Console.WriteLine(line);
            }
        }

        if (asJson)
        {
            Console.WriteLine(ValidateReport.ToJson(reports));
        }

        return !reports.All(report => report.IsValid && (!isStrict || report.Warnings.IsEmpty)) ? CommandLine.Failure
            : reports.Any(report => report.IsUnchecked) ? Unchecked
            : CommandLine.Success;
    }

    private static async Task<ValidateReport> CheckAsync(string file, TimeSpan? live, CancellationToken cancellationToken)
    {
        GatewayFileResult result = GatewayFile.Load(file);
        if (result.Configuration is not GatewayConfiguration configuration)
        {
            return new ValidateReport(file, result.Faults, [], []);
        }

        if (FileKeys.FirstFault(configuration.Auth) is string keyFault)
        {
            return new ValidateReport(file, [new Fault(file, 0, 0, "", keyFault)], [], []);
        }

        ImmutableArray<Fault> warnings =
        [
            .. result.Warnings,
            .. ((IEnumerable<string?>)[AudienceAdvice.For(configuration), SeriesBounds.Of(configuration).Warning, .. CallJournals.MissingFolders(JournalSettings.Of(configuration))])
                .OfType<string>()
                .Select(text => new Fault(file, 0, 0, "", text)),
            .. PolicyAdvice.For(file, configuration),
        ];
        return new ValidateReport(file, [], warnings, live is TimeSpan timeout
            ? await LiveCheck.RunAsync(file, configuration, timeout, TimeProvider.System, cancellationToken)
            : []);
    }
}
