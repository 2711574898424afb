using System.Collections.Immutable;
using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary><c>sluice run --stdio</c>: limits around a server that a client starts for itself.</summary>
internal static class StdioRun
{
    /// <summary>The issuer of the identity of the account that runs this process.</summary>
    private const string Issuer = "urn:sluice:stdio";

    /// <summary>Runs a server.</summary>
    /// <param name="file">The file with the limits; or null.</param>
    /// <param name="limits">Limits from the command line; none when there is a file.</param>
    /// <param name="command">The server and its arguments; empty when the file says them.</param>
    /// <param name="log">How much is logged.</param>
    /// <param name="cancellationToken">Stops the server.</param>
    /// <returns>The server's exit code, or the program's own when it does not start.</returns>
    internal static async Task<int> RunAsync(
        string? file, string[] limits, string[] command, LogSettings log, CancellationToken cancellationToken)
    {
        if (Check(file, limits) is string wrong)
        {
            return CommandLine.FailUsage("sluice run", wrong);
        }

        LocalConfiguration? configuration = file is null ? Parse(limits) : Load(file);
        if (configuration is null)
        {
            return CommandLine.Failure;
        }

        CommandUpstreamConfiguration? server = command.Length > 0
            ? new() { Command = command[0], Arguments = [.. command.Skip(1)] }
            : configuration.Command;
        return server is null
            ? CommandLine.FailUsage("sluice run", "no server is named. Write it at the end: -- COMMAND ARGUMENTS…")
            : await RunAsync(configuration, server, log, cancellationToken);
    }

    private static string? Check(string? file, string[] limits) => (file, limits) switch
    {
        (null, []) => "no limit is set. Name a FILE, or write --limit RATE or --limit TOOL=RATE.",
        (not null, [_, ..]) => "limits come from a FILE or from --limit. Leave out one of the two.",
        _ => null,
    };

    private static LocalConfiguration? Load(string file)
    {
        LocalFileResult result = LocalFile.Load(file);
        if (result.Configuration is null)
        {
            Console.Error.WriteLine(FaultFormatter.Format(result.Faults));
        }

        return result.Configuration;
    }

    // One user calls, so each limit is that user's.
    private static LocalConfiguration? Parse(string[] limits)
    {
        Rate? server = null;
        List<OperationSettings> tools = [];
        foreach (string limit in limits)
        {
            int equals = limit.LastIndexOf('=');
            if (!Rate.TryParse(limit[(equals + 1)..], out Rate? rate, out string? error))
            {
                CommandLine.Fail($"--limit: {error}");
                return null;
            }

            if (equals >= 0)
            {
                tools.Add(new() { Name = limit[..equals], PerUser = rate });
            }
            else if (server is null)
            {
                server = rate;
            }
            else
            {
                CommandLine.Fail("--limit: two limits are for all calls together. Keep one, or name a tool: TOOL=RATE.");
                return null;
            }
        }

        RateLimitPolicy? policy = RateLimitPolicy.Compile(
            LocalFile.ServerName, new() { PerUser = server, Tools = [.. tools] }, out ImmutableArray<SettingsFault> faults);
        foreach (SettingsFault fault in faults)
        {
            CommandLine.Fail($"--limit: {fault.Path}: {fault.Message}");
        }

        return policy is null ? null : new() { Policy = policy };
    }

    private static async Task<int> RunAsync(
        LocalConfiguration configuration, CommandUpstreamConfiguration server, LogSettings log, CancellationToken cancellationToken)
    {
        TimeProvider time = TimeProvider.System;
        OtlpVariables variables = OtlpVariables.Read(out string? wrong);
        if (wrong is not null)
        {
            return CommandLine.Fail(wrong);
        }

        using ILoggerFactory loggers = LoggerFactory.Create(logging => GatewayLog.Configure(logging, log));
        RateLimitPolicy policy = configuration.Policy ?? RateLimitPolicy.WithoutLimits(LocalFile.ServerName);
        await using GatewayTelemetry telemetry = GatewayTelemetry.Start(
            variables, default, new SeriesBounds([(policy.Server, policy)]), loggers, time);
        await using CallJournals? journals = CallJournals.Open(JournalSettings.Of(configuration), time, loggers, out string? unopened);
        if (journals is null)
        {
            return CommandLine.Fail(unopened!);
        }

        await using OpenStore? store = await Stores.OpenAsync(configuration.Store, journals.Recorder, time, loggers, cancellationToken);
        if (store is null)
        {
            return CommandLine.Failure;
        }

        using StopSignals signals = new(loggers.CreateLogger<StopSignals>());
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, signals.Stop);
        using CallGate gate = new(policy, store.Store, time, loggers.CreateLogger<CallGate>(), journals.Observe());
        gate.Telemetry.StartCounters();
        StdioProxy front = new(
            gate,
            new CallerIdentity(Issuer, Environment.UserName is { Length: > 0 } user ? user : "local", tenant: null, client: null),
            Console.OpenStandardInput(),
            Console.OpenStandardOutput(),
            Console.OpenStandardError(),
            configuration.Timeout,
            configuration.Drain,
            time,
            loggers.CreateLogger<StdioProxy>());
        try
        {
            return await front.RunAsync(CommandStart.Of(server, inheritAll: true), stop.Token, signals.StopNow);
        }
        catch (CommandNotStartedException exception)
        {
            return CommandLine.Fail($"'{server.Command}' cannot be started: {exception.Message}.");
        }
    }
}
