using System.CommandLine;
using System.Globalization;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>What <c>simulate</c> does with traffic, whatever its source, and how it reports.</summary>
internal sealed class SimulationOptions
{
    private const int MaxKeys = 4_000_000;
    private const int MinKeys = 1_024;
    private readonly Option<string?> _callTime = CallTimeOption.Create();
    private readonly Option<string?> _suggest = new("--suggest")
    {
        Description = "Also print, for each limit, the smallest round number that rejects at most this share of its calls, such as 1%.",
        HelpName = "SHARE",
    };

    private readonly Option<string?> _svg = new("--svg") { Description = "Also write the chart to a file, as SVG.", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the report as JSON." };
    private readonly string _command;

    internal SimulationOptions(string command) => _command = command;

    internal void AddTo(Command command)
    {
        command.Add(_callTime);
        command.Add(_suggest);
        command.Add(_svg);
        command.Add(_json);
    }

    /// <summary>Decides the traffic and prints the report.</summary>
    internal int Run(ParseResult parsed, ITraffic traffic, IEnumerable<string> notes, string title, CancellationToken cancellationToken)
    {
        if (Check(parsed, out TimeSpan callTime, out double? share) is string why)
        {
            return CommandLine.FailUsage(_command, why);
        }

        foreach (string note in notes)
        {
            Console.Error.WriteLine($"sluice: note: {Shown.Message(note)}");
        }

        int keys = KeysFor(traffic);
        SimulationReport report;
        LimitSuggestion[]? suggestions;
        using (ProgressLine progress = new(traffic.ExpectedCalls, "calls"))
        {
            using Simulation simulation = new(traffic, callTime, keys);
            report = simulation.Run(replace: null, progress.Report, cancellationToken);
            suggestions = share is double most ? [.. new Suggestions(traffic, keys, most, cancellationToken).For(report)] : null;
        }

        if (parsed.GetValue(_svg) is string path && WriteSvg(path, SvgChart.Draw(report, title)) is string wrong)
        {
            return CommandLine.Fail(wrong);
        }

        Console.Out.Write(parsed.GetValue(_json) ? SimulationJson.Write(report, suggestions) + "\n" : SimulationText.Write(report));
        if (suggestions is not null && !parsed.GetValue(_json))
        {
            Console.WriteLine(
                $"\nThe smallest round numbers that reject at most {SimulationText.Percent(share!.Value)} of the calls to "
                    + "which the limit applies:");
            foreach (LimitSuggestion suggestion in suggestions)
            {
                Console.WriteLine($"  {suggestion}");
            }
        }

        return CommandLine.Success;
    }

    private string? Check(ParseResult parsed, out TimeSpan callTime, out double? share)
    {
        share = null;
        if (!CallTimeOption.TryRead(parsed, _callTime, out callTime, out string? why))
        {
            return why;
        }

        if (parsed.GetValue(_suggest) is not string percent)
        {
            return null;
        }

        bool isPercent = percent.EndsWith('%')
            && double.TryParse(percent.AsSpan(0, percent.Length - 1).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number is >= 0 and < 100
            && (share = number / 100) is not null;
        return isPercent ? null : $"--suggest: {Shown.Quote(percent)} is not a share from 0% to less than 100%. Write one such as 1%.";
    }

    // The store is large enough for every bucket of every caller, so its size changes no answer.
    private static int KeysFor(ITraffic traffic)
    {
        int limits = traffic.Operations.Select(operation => operation.Policy).Distinct().OfType<RateLimitPolicy>().Sum(policy => policy.Limits.Length);
        return (int)Math.Clamp(2L * limits * traffic.Callers.Length, MinKeys, MaxKeys);
    }

    private static string? WriteSvg(string path, string svg)
    {
        try
        {
            File.WriteAllText(path, svg);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"--svg: {Shown.Quote(path)} cannot be written: {exception.Message}";
        }
    }
}
