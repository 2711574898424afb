using Sluice.Mcp;
using Spectre.Console;

namespace Sluice.Gateway;

/// <summary>Prints a line for every metered call: who, what, the answer, and the limit that has least left.</summary>
/// <remarks>Thread safety: lines from several threads come whole, in the order in which they are printed.</remarks>
internal sealed class CallTable(IAnsiConsole console, TimeProvider time) : ICallObserver
{
    private const int OperationWidth = 12;
    private readonly Lock _printing = new();

    internal void PrintHeader() =>
        console.MarkupLine($"[bold]{"time",-10}{"user",-8}{"call",-OperationWidth - 2}{"answer",-10}limit[/]");

    public void Decided(in DecidedCall call)
    {
        string line = Line(call, time.GetLocalNow());
        lock (_printing)
        {
            console.MarkupLine(line);
        }
    }

    private static string Line(in DecidedCall call, DateTimeOffset now)
    {
        string answer = call.Decision.IsAllowed
            ? $"[green]{"allowed",-10}[/]{Markup.Escape(LeastLeft(call))}"
            : $"[red]{"rejected",-10}{Markup.Escape(Rejection(call.Decision.Answer))}[/]";
        return $"{now:HH:mm:ss}  {Markup.Escape(call.Caller.Subject ?? "-"),-8}{Markup.Escape(Shorten(call.Operation ?? call.Method)),-OperationWidth}  {answer}";
    }

    private static string Rejection(RateLimitDecision decision) => decision.Limit is RateLimit limit
        ? $"{limit.Name}, retry in {Math.Ceiling(decision.RetryAfter.TotalSeconds):0} s"
        : "";

    /// <summary>The limit that has the smallest part of its tokens left, as the one that will reject first.</summary>
    private static string LeastLeft(in DecidedCall call)
    {
        ReadOnlySpan<LimitState> states = call.Decision.States;
        ApplicableLimits limits = call.Decision.Limits;
        if (states.IsEmpty)
        {
            return "";
        }

        int least = 0;
        for (int i = 1; i < states.Length; i++)
        {
            if ((double)states[i].Remaining / limits[i].Capacity < (double)states[least].Remaining / limits[least].Capacity)
            {
                least = i;
            }
        }

        return $"{limits[least].Name}, {states[least].Remaining} of {limits[least].Capacity} left";
    }

    // A caller may name any tool; the table shows a glimpse of it, without what a terminal would act on.
    private static string Shorten(string operation)
    {
        string printable = new([.. operation.Take(OperationWidth + 1).Select(c => char.IsControl(c) ? '?' : c)]);
        return printable.Length > OperationWidth ? printable[..(OperationWidth - 1)] + "…" : printable;
    }
}
