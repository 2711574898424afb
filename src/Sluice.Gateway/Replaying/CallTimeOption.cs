using System.CommandLine;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>The option <c>--call-time</c>: how long a call holds its slots.</summary>
internal static class CallTimeOption
{
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Max = TimeSpan.FromDays(1);

    internal static Option<string?> Create() => new("--call-time")
    {
        Description = "How long a call takes where nothing else tells it, for limits on concurrency: 0s to 1d; 1s when it is left out.",
        HelpName = "DURATION",
    };

    internal static bool TryRead(ParseResult parsed, Option<string?> option, out TimeSpan time, out string? why)
    {
        time = Default;
        why = null;
        if (parsed.GetValue(option) is not string text)
        {
            return true;
        }

        if (text is "0" or "0s")
        {
            time = TimeSpan.Zero;
            return true;
        }

        why = Rate.TryParsePeriod(text, out time, out _) && time <= Max
            ? null
            : $"--call-time: {Shown.Quote(text)} is not a duration from 0s to 1d. Write one such as 200ms.";
        return why is null;
    }
}
