namespace Sluice.Gateway;

/// <summary>The limits of Envoy's files, before they are written to each server.</summary>
internal sealed class EnvoyLimits
{
    private readonly List<Action<OutputGroup>> _limits = [];

    /// <summary>Whether a limit needs to know the caller.</summary>
    internal bool KnowsCallers { get; set; }

    /// <summary>The header by which a proxy names the caller; null without one.</summary>
    internal string? UserHeader { get; set; }

    /// <summary>How many limits there are.</summary>
    internal int Count => _limits.Count;

    /// <summary>Adds an entry of <c>limits</c>.</summary>
    internal void Add(Action<OutputGroup> write) => _limits.Add(write);

    /// <summary>Writes the limits to each server.</summary>
    internal void Write(ImportedDocument document, List<OutputGroup> servers)
    {
        if (Count == 0)
        {
            if (document.Faults.Count == 0)
            {
                document.Faults.Add(0, 0, "", "has no rate limit that can be expressed here."
                    + string.Concat(
                        document.Notes.Where(note => note.Line > 0).Select(note => $" Line {note.Line}, {note.Path} {note.Text}")));
            }

            return;
        }

        foreach (OutputGroup limits in servers.Select(server => server.AddGroup("rateLimiting")))
        {
            _limits.ForEach(write => write(limits.AddItem("limits")));
        }

        if (UserHeader is string header)
        {
            OutputGroup proxy = document.Root.AddGroup(
                "auth", "Placeholder: write from which addresses the proxy calls that sets the header. "
                    + "A caller must not be able to set it.").AddGroup("trustedProxy");
            proxy.Add("from", ["127.0.0.1/32"]);
            proxy.Add("userHeader", header);
        }
        else if (KnowsCallers)
        {
            document.AddPlaceholderAuth();
        }

        document.Note(
            "Envoy counts every HTTP request; here tools/call, prompts/get and resources/read are counted (meter: all for more).");
    }

    /// <summary>A unit of Envoy's rate limit service as a period; null for another word.</summary>
    internal static TimeSpan? PeriodOf(string unit) => unit.ToLowerInvariant() switch
    {
        "second" => TimeSpan.FromSeconds(1),
        "minute" => TimeSpan.FromMinutes(1),
        "hour" => TimeSpan.FromHours(1),
        "day" => TimeSpan.FromDays(1),
        "week" => TimeSpan.FromDays(7),
        "month" => TimeSpan.FromDays(30),
        "year" => TimeSpan.FromDays(365),
        _ => null,
    };

    /// <summary>A rate of a unit; null, and a fault, where it cannot be one.</summary>
    /// <param name="group">The group that has both fields.</param>
    /// <param name="countField">The field of the number of requests.</param>
    /// <param name="isGlobal">Whether the rate limit service counts; it has windows by the clock.</param>
    internal static Rate? ReadRate(SourceGroup group, string countField, bool isGlobal)
    {
        int? count = group.Count(countField);
        string? unit = group.Text("unit");
        if (count is null || unit is null || PeriodOf(unit) is not TimeSpan period)
        {
            group.Fault(
                unit is null ? countField : "unit",
                $"a rate needs {countField} from 1, and a unit: second, minute, hour, day, week, month or year.");
            return null;
        }

        if (period > TimeSpan.FromDays(7))
        {
            group.Note(
                "unit", $"is {period.TotalDays:0} days, as in Envoy's service. For months and years of the calendar, write 'window'.");
        }

        return SourceRates.Make(
            group, countField, count.Value, period, isGlobal ? RateLimitAlgorithm.FixedWindow : RateLimitAlgorithm.TokenBucket, align: isGlobal);
    }
}
