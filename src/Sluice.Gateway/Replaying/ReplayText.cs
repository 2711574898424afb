using System.Globalization;
using System.Text;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>A replay's report for people.</summary>
internal static class ReplayText
{
    private const int MostCallers = 10;
    private const string Indent = "  ";

    /// <summary>What the side of the recording is called.</summary>
    internal const string Recorded = "recorded";

    internal static string Write(ReplayReport report, TraceIndex index, string before, string after)
    {
        StringBuilder text = new();
        Line(text, $"{SimulationText.Number(report.Calls)} recorded calls of {ExplainedWords.Count(index.Callers.Count, "caller")}"
            + (report.Calls == 0 ? "." : $", from {At(index.First)} to {At(index.Last)}."));
        TextTable totals = new("", ">allowed", ">rejected");
        totals.Add(before, SimulationText.Number(report.AllowedBefore), SimulationText.Number(report.Calls - report.AllowedBefore));
        totals.Add(after, SimulationText.Number(report.AllowedAfter), SimulationText.Number(report.Calls - report.AllowedAfter));
        Table(text, totals);
        Line(text, "");
        if (report.Different == 0)
        {
            Line(text, $"Every answer of {after} is {(before == Recorded ? "the recorded one" : $"that of {before}")}, to the tick.");
            return text.ToString();
        }

        Line(text, report.OtherOutcome == 0
            ? "No call has another outcome."
            : $"{ExplainedWords.Count(report.OtherOutcome, "call")} with another outcome, "
                + $"from {At(report.FirstDifference!.Value)} to {At(report.LastDifference!.Value)}: "
                + $"{SimulationText.Number(report.NewlyRefused)} newly rejected, "
                + $"{SimulationText.Number(report.NewlyAllowed)} newly allowed.");
        if (report.OtherwiseDifferent > 0)
        {
            Line(
                text,
                $"{ExplainedWords.Count(report.OtherwiseDifferent, "call")} with the same outcome, but another limit, "
                    + "wait or number of tokens left.");
        }

        (RecordedCall call, ReplayedAnswer answerBefore, ReplayedAnswer answerAfter) = report.First!.Value;
        Line(
            text,
            $"The first is {call.Method}{(call.Name is null ? "" : " " + Shown.Quote(call.Name))} on {call.Server} "
                + $"by {call.Caller.Shown}:");
        Line(text, $"{Indent}{before}: {answerBefore}");
        Line(text, $"{Indent}{after}: {answerAfter}");
        Limits(text, report, before, after);
        if (report.OtherOutcome > 0)
        {
            Callers(text, report, index);
        }

        return text.ToString();
    }

    private static void Limits(StringBuilder text, ReplayReport report, string before, string after)
    {
        TextTable table = new("limit", $">rejected, {before}", $">rejected, {after}");
        foreach ((string limit, ReplayReport.LimitDifference of) in report.Limits)
        {
            table.Add(limit, SimulationText.Number(of.RefusedBefore), SimulationText.Number(of.RefusedAfter));
        }

        Table(text, table);
    }

    private static void Callers(StringBuilder text, ReplayReport report, TraceIndex index)
    {
        KeyValuePair<int, ReplayReport.CallerDifference>[] callers = [.. report.Callers.Where(caller => caller.Value.OtherOutcome > 0)];
        TextTable table = new("caller", ">calls", ">newly rejected", ">newly allowed", "first", "last");
        foreach ((int number, ReplayReport.CallerDifference of) in callers.Take(MostCallers))
        {
            table.Add(
                index.Callers[number].Shown,
                SimulationText.Number(of.Calls),
                SimulationText.Number(of.NewlyRefused),
                SimulationText.Number(of.NewlyAllowed),
                At(of.First!.Value),
                At(of.Last!.Value));
        }

        Table(text, table);
        if (callers.Length > MostCallers)
        {
            Line(text, $"{Indent}and {SimulationText.Number(callers.Length - MostCallers)} more callers; --json names them all.");
        }
    }

    private static string At(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static void Table(StringBuilder text, TextTable table)
    {
        Line(text, "");
        foreach (string line in table.Lines(Indent))
        {
            Line(text, line);
        }
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
