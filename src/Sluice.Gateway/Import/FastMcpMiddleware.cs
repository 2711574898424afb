using System.Collections.Immutable;
using System.Globalization;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>One middleware of FastMCP, as a Python file makes it.</summary>
internal sealed class FastMcpMiddleware(PythonCall call, ImportedDocument document)
{
    private const double DefaultPerSecond = 10;
    private static readonly string[] BucketArguments = ["max_requests_per_second", "burst_capacity", "get_client_id", "global_limit", "max_clients"];
    private static readonly string[] WindowArguments = ["max_requests", "window_minutes", "get_client_id", "max_clients"];

    private readonly Dictionary<string, string> _arguments = [];

    /// <summary>Whether all callers share one bucket.</summary>
    internal bool IsShared { get; private set; }

    /// <summary>Its rate; null, and a fault, where it cannot be read.</summary>
    internal Rate? Read()
    {
        bool isBucket = call.Name == FastMcpImporter.Bucket;
        Bind(isBucket ? BucketArguments : WindowArguments);
        bool hasClients = _arguments.TryGetValue("get_client_id", out string? clients);
        IsShared = !hasClients || ReadFlag("global_limit");
        if (!hasClients)
        {
            Note(
                "",
                "has no get_client_id, so all callers share one bucket: written as 'shared'. "
                    + "For a bucket for each user, write perUser and auth.");
        }
        else if (!IsShared)
        {
            Note("get_client_id", $"is {Shown.Quote(clients!)}, which is code: written as perUser, the verified user of 'auth'.");
        }

        if (_arguments.ContainsKey("max_clients"))
        {
            Note(
                "max_clients",
                "is left out: how many buckets are kept in memory is maxKeys under 'store'. Buckets with used tokens are not forgotten.");
        }

        return isBucket ? ReadBucket() : ReadWindow();
    }

    private void Bind(string[] names)
    {
        foreach ((int index, (string name, string value)) in call.Arguments.Index())
        {
            string? bound = name.Length > 0 ? name : index < names.Length ? names[index] : null;
            if (bound is null || value.StartsWith('*') || !names.Contains(bound))
            {
                Note(bound ?? $"argument {index + 1}", $"is left out: this importer does not know the argument ({value}).");
            }
            else if (value != "None")
            {
                _arguments[bound] = value;
            }
        }
    }

    private Rate? ReadBucket()
    {
        const string Name = "max_requests_per_second";
        double? perSecond = _arguments.ContainsKey(Name) ? ReadNumber(Name) : DefaultPerSecond;
        double? burst = _arguments.ContainsKey("burst_capacity") ? ReadNumber("burst_capacity") : 0;
        if (perSecond is not double number || burst is not double size)
        {
            return null;
        }

        if (number < PerSecondRate.Min || number > int.MaxValue)
        {
            return Fault(
                Name,
                $"{Shown.Quote(_arguments.GetValueOrDefault(Name, ""))} is not a rate from 1 call in 366 days to "
                    + $"{int.MaxValue} calls a second.");
        }

        if (size > int.MaxValue || size != Math.Truncate(size))
        {
            return Fault("burst_capacity", $"{Shown.Quote(_arguments["burst_capacity"])} is not a whole number from 0 to {int.MaxValue}.");
        }

        if (size == 0 && 2 * number < 1)
        {
            Note(
                Name,
                "is below 0.5 without a burst, of which FastMCP makes a bucket of 0 tokens that rejects every call. Here the burst is 1.");
        }

        PerSecondRate parsed = PerSecondRate.Of(number);
        if (!parsed.IsExact)
        {
            Note(Name, $"is taken as {new Rate(parsed.Tokens, parsed.Period)}.");
        }

        int tokens = size == 0 ? (int)Math.Clamp(2 * number, 1, int.MaxValue) : (int)size;
        return Make(parsed.Tokens, parsed.Period, RateLimitAlgorithm.TokenBucket, tokens);
    }

    private Rate? ReadWindow()
    {
        if (!_arguments.ContainsKey("max_requests"))
        {
            return Fault("max_requests", "is absent. Add it.");
        }

        double? count = ReadNumber("max_requests");
        double? minutes = _arguments.ContainsKey("window_minutes") ? ReadNumber("window_minutes") : 1;
        if (count is not double most || minutes is not double window)
        {
            return null;
        }

        return most != Math.Truncate(most) || most is < 1 or > int.MaxValue
                ? Fault("max_requests", $"{Shown.Quote(_arguments["max_requests"])} is not a whole number from 1 to {int.MaxValue}.")
            : window <= 0 || window > Rate.MaxRefillPeriod.TotalMinutes
                ? Fault("window_minutes", $"{Shown.Quote(_arguments["window_minutes"])} is not a number of minutes up to 366 days.")
            : Make((int)most, TimeSpan.FromMinutes(window), RateLimitAlgorithm.SlidingWindow, burst: null);
    }

    private Rate? Make(int count, TimeSpan period, RateLimitAlgorithm algorithm, int? burst) =>
        Rate.TryCreate(count, period, algorithm, burst, align: false, out Rate? rate, out IReadOnlyList<SettingsFault> faults)
            ? rate
            : Fault("", string.Join(" ", faults.Select(fault => fault.Message)));

    /// <summary>A number, or the quotient of two, from 0; null, and a fault, for other code.</summary>
    private double? ReadNumber(string name)
    {
        string text = _arguments[name];
        ImmutableArray<double?> parts =
        [
            .. text.Split('/').Select(part => double.TryParse(
                part.Trim().Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                ? number
                : (double?)null),
        ];
        double? value = parts.Length == 1 ? parts[0] : parts.Length == 2 && parts[1] != 0 ? parts[0] / parts[1] : null;
        if (value is double known && double.IsFinite(known) && known >= 0)
        {
            return value;
        }

        Fault(name, value < 0
            ? $"{Shown.Quote(text)} is negative. Write a number above 0."
            : $"{Shown.Quote(text)} is not a number. The code is not run: write a literal, such as 10 or 100 / 60.");
        return null;
    }

    private bool ReadFlag(string name)
    {
        string text = _arguments.GetValueOrDefault(name, "False");
        if (text is not ("True" or "False"))
        {
            Fault(name, $"{Shown.Quote(text)} is neither True nor False. The code is not run: write one of them.");
        }

        return text == "True";
    }

    private void Note(string argument, string text) => document.Note(call.Line, PathOf(argument), text);

    private Rate? Fault(string argument, string text)
    {
        document.Faults.Add(call.Line, 1, PathOf(argument), text);
        return null;
    }

    private string PathOf(string argument) => argument.Length == 0 ? call.Name : $"{call.Name}.{argument}";
}
