using Sluice.Mcp;
using Spectre.Console;

namespace Sluice.Gateway;

/// <summary>Prints a line for every metered call: who, what, the answer, and what the limits have left.</summary>
/// <remarks>Thread safety: lines from several threads come whole, in the order in which they are printed.</remarks>
internal sealed class CallTable(IAnsiConsole console, TimeProvider time) : ICallObserver
{
    private const int OperationWidth = 12;
    private readonly Lock _printing = new();

    internal void PrintHeader() =>
        console.MarkupLine($"[bold]{"time",-10}{"user",-8}{"call",-OperationWidth - 2}{"answer",-40}tokens left[/]");

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
        string operation = Shorten(call.Operation ?? call.Method);
        string answer = call.Decision.IsAllowed
            ? $"[green]{"allowed",-40}[/]"
            : $"[red]{Markup.Escape(Refusal(call.Decision.Answer)),-40}[/]";
        return $"{now:HH:mm:ss}  {Markup.Escape(call.Caller.Subject ?? "-"),-8}{Markup.Escape(operation),-OperationWidth}  {answer}{Left(call)}";
    }

    private static string Refusal(RateLimitDecision decision) => decision.Limit is RateLimit limit
        ? $"refused by {limit.Name}, {Math.Ceiling(decision.RetryAfter.TotalSeconds):0} s"
        : "refused";

    private static string Left(in DecidedCall call)
    {
        ReadOnlySpan<LimitState> states = call.Decision.States;
        ApplicableLimits limits = call.Decision.Limits;
        List<string> parts = [];
        for (int i = 0; i < states.Length; i++)
        {
            RateLimit limit = limits[i];
            parts.Add(Markup.Escape($"{limit.Name} {states[i].Remaining}/{limit.Capacity}"));
        }

        return string.Join("  ", parts);
    }

    // A caller may name any tool; the table shows a glimpse of it, without what a terminal would act on.
    private static string Shorten(string operation)
    {
        string printable = new([.. operation.Take(OperationWidth + 1).Select(c => char.IsControl(c) ? '?' : c)]);
        return printable.Length > OperationWidth ? printable[..(OperationWidth - 1)] + "…" : printable;
    }
}
