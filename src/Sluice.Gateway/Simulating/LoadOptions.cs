using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>The options that describe a synthetic load.</summary>
internal sealed class LoadOptions
{
    private const int MaxUsers = 1_000_000;
    private const long MaxCalls = 100_000_000_000;
    private static readonly DateTimeOffset DefaultStart = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Kinds = ["poisson", "even", "burst"];

    private readonly Option<string?> _rate = new("--rate") { Description = "Calls of all callers together, such as 30/s.", HelpName = "RATE" };
    private readonly Option<string> _length = Text("--for", "10m", "DURATION", "How long the load lasts; 10m when it is left out.");
    private readonly Option<string> _users = Text("--users", "10", "NUMBER", "How many users call; 10 when it is left out.");
    private readonly Option<string[]> _tools = new("--tool", "-t")
    {
        Description = "A tool that is called; may be repeated, with a weight behind '=': --tool search=3 --tool fetch. "
            + "When it is left out: every tool that the file names exactly, or a tool that it does not name.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> _arrivals = Text(
        "--arrivals", Kinds[0], "KIND", "poisson (default), even (equal intervals, callers in turn) or burst.");
    private readonly Option<string> _burst = Text(
        "--burst", "20", "CALLS", "With --arrivals burst: the calls that one caller makes at one instant; 20 when it is left out.");
    private readonly Option<string> _skew = Text(
        "--skew", "0", "NUMBER",
        "How unlike the users are: user n calls n^-skew times as often as user 1. "
            + "0 (default) makes all alike; 1 is typical of real users.");
    private readonly Option<string> _seed = Text(
        "--seed", "1", "NUMBER", "Where the random numbers start; the same seed gives the same calls.");
    private readonly Option<string?> _start = StartOption.Create(
        "What the wall clock shows at the start, for windows of the calendar; 2026-01-01T00:00:00Z when it is left out.");

    private readonly Option<string[]> _names = new("--user", "-u")
    {
        Description = "A user who calls, in place of --users; may be repeated. "
            + "The tenant and the claims of an API key of the file come with it.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    private readonly CallerOptions _callers = new();

    internal void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>Null, or an option that does not go with a trace.</summary>
    internal string? WhyNotWithTrace(ParseResult parsed) => All
        .Where(option => parsed.GetResult(option) is { Implicit: false })
        .Select(option => $"{option.Name} describes a synthetic load, and does not go with --trace. Remove one of the two.")
        .FirstOrDefault();

    private IEnumerable<Option> All =>
        [_rate, _length, _users, _names, .. _callers.WithoutUser, _tools, _arrivals, _burst, _skew, _seed, _start];

    /// <summary>The load; null when the command line is wrong, and the reason.</summary>
    internal SyntheticLoad? Read(ParseResult parsed, PolicyFile file, PolicyOfServer server, ICollection<string> notes, out string? why)
    {
        why = null;
        Rate? rate = null;
        if (parsed.GetValue(_rate) is not string text)
        {
            why = "no load is described. Add --rate, such as --rate 30/s, or --trace FILE.";
        }
        else if (!Rate.TryParse(text, out rate, out string? wrong))
        {
            why = $"--rate: {wrong}";
        }

        TimeSpan length = default;
        int users = 0;
        int burst = 0;
        int seed = 0;
        double skew = 0;
        DateTimeOffset start = default;
        why ??= Rate.TryParsePeriod(parsed.GetValue(_length)!, out length, out string? wrongLength) ? null : $"--for: {wrongLength}";
        why ??= ReadNumber(parsed, _users, 1, MaxUsers, out users);
        why ??= ReadNumber(parsed, _burst, 1, 1_000_000, out burst);
        why ??= ReadNumber(parsed, _seed, 0, int.MaxValue, out seed);
        why ??= double.TryParse(parsed.GetValue(_skew), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out skew)
            && skew is >= 0 and <= 10
            ? null
            : $"--skew: {Shown.Quote(parsed.GetValue(_skew)!)} is not a number from 0 to 10.";
        why ??= StartOption.TryRead(parsed, _start, DefaultStart, out start, out string? wrongStart) ? null : wrongStart;
        int kind = Array.IndexOf(Kinds, parsed.GetValue(_arrivals));
        why ??= kind >= 0 ? null : $"--arrivals: {Shown.Quote(parsed.GetValue(_arrivals)!)} is not a kind of arrivals. "
            + NearestName.Advice(parsed.GetValue(_arrivals)!, Kinds);
        why ??= kind == (int)ArrivalKind.Burst || parsed.GetResult(_burst) is null or { Implicit: true }
            ? null
            : "--burst goes with --arrivals burst. Add it, or leave out --burst.";
        double callsPerTick = rate is null ? 0 : (double)rate.MaxTokens / rate.RefillPeriod.Ticks;
        why ??= callsPerTick * length.Ticks <= MaxCalls ? null : $"--rate for --for is more than {MaxCalls:N0} calls. "
            + "Choose a shorter time.";
        (ImmutableArray<SimulatedOperation> Operations, ImmutableArray<double> Weights) called = default;
        why ??= ReadTools(parsed, server, notes, out called);
        DescribedCaller? described = why is null ? _callers.Read(parsed, out why) : null;
        ImmutableArray<SimulatedCaller> callers = described is null ? [] : CallersOf(parsed, file, server, users, described, notes);
        return why is not null ? null : new SyntheticLoad
        {
            Callers = callers,
            Operations = called.Operations,
            Weights = called.Weights,
            Start = start,
            Length = length,
            CallsPerTick = callsPerTick,
            Arrivals = (ArrivalKind)kind,
            Burst = burst,
            Skew = skew,
            Seed = seed,
        };
    }

    private ImmutableArray<SimulatedCaller> CallersOf(
        ParseResult parsed, PolicyFile file, PolicyOfServer server, int users, DescribedCaller described, ICollection<string> notes)
    {
        string[] names = parsed.GetValue(_names) is { Length: > 0 } named
            ? named
            : [.. Enumerable.Range(1, users).Select(number => $"user-{number}")];
        if (!file.KnowsCallers)
        {
            notes.Add($"{file.Path} has no 'auth', so that no caller has an identity: all calls count as those of one caller.");
            return [new SimulatedCaller("(no identity)", CallerIdentity.None)];
        }

        bool areNamed = parsed.GetValue(_names) is { Length: > 0 };
        return
        [
            .. names.Distinct(StringComparer.Ordinal).Select(name =>
            {
                DescribedCaller caller = described with { User = name };
                DescribedCaller known = areNamed ? caller.WithKeys(file.Auth, notes) : caller;
                return new SimulatedCaller(name, known.ToIdentity(file.Auth.UserAcrossTenants, server.Policy?.Claims ?? []));
            }),
        ];
    }

    private string? ReadTools(
        ParseResult parsed,
        PolicyOfServer server,
        ICollection<string> notes,
        out (ImmutableArray<SimulatedOperation> Operations, ImmutableArray<double> Weights) called)
    {
        List<(string Name, double Weight)> tools = [];
        called = default;
        foreach (string text in parsed.GetValue(_tools) ?? [])
        {
            int equals = text.LastIndexOf('=');
            double weight = 1;
            if (equals >= 0
                && (!double.TryParse(text[(equals + 1)..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out weight) || weight is <= 0 or > 1_000_000))
            {
                return $"--tool: the weight of {Shown.Quote(text)} is not a number above 0. Write NAME=WEIGHT, such as search=3.";
            }

            string name = equals < 0 ? text : text[..equals];
            if (name.Trim().Length == 0)
            {
                return "--tool: the name is empty. Write a tool's name.";
            }

            tools.Add((name, weight));
        }

        if (tools.Count == 0)
        {
            tools.AddRange(server.Policy?.Settings.Tools.Where(tool => !Glob.IsGlob(tool.Name)).Select(tool => (tool.Name, 1.0)) ?? []);
        }

        if (tools.Count == 0)
        {
            tools.Add(("any-tool", 1));
        }

        called = (
            [
                .. tools.Select(tool => new SimulatedOperation(server.Policy, server.Name, Methods.ToolsCall, tool.Name)
                {
                    Backend = server.BackendOf(Methods.ToolsCall, tool.Name),
                }),
            ],
            [.. tools.Select(tool => tool.Weight)]);
        if (server.LimitsBackends)
        {
            foreach (SimulatedOperation operation in called.Operations.Where(operation => operation.Backend is null))
            {
                notes.Add(
                    $"the name {Shown.Quote(operation.Name)} does not tell which backend has the tool, "
                        + "so that 'perBackend' does not limit it here.");
            }
        }

        return null;
    }

    private static string? ReadNumber(ParseResult parsed, Option<string> option, int min, int max, out int number)
    {
        string text = parsed.GetValue(option)!;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= min && number <= max
            ? null
            : $"{option.Name}: {Shown.Quote(text)} is not a whole number from {min} to {max}.";
    }

    private static Option<string> Text(string name, string value, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => value };
}
