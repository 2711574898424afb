using System.Globalization;
using System.Text;

namespace Sluice.Gateway;

/// <summary>A simulation's report for people: tables and a chart.</summary>
internal static class SimulationText
{
    private const int MostUsers = 10;
    private const string Indent = "  ";

    internal static string Write(SimulationReport report)
    {
        StringBuilder text = new();
        Line(
            text,
            $"{Number(report.Calls)} calls in {TerminalChart.End(report)}: {Number(report.Allowed)} allowed, "
                + $"{Number(report.Refused)} rejected{Share(report.Refused, report.Calls)}.");
        if (report.Unsatisfiable > 0)
        {
            Line(text, $"{Number(report.Unsatisfiable)} of the rejected calls can never be admitted.");
        }

        if (report.Held > 0)
        {
            Line(
                text, $"{Number(report.Held)} of the allowed calls were held first, for {RateText.Duration(report.LongestDelay)} at most.");
        }

        if (report.CallTime is TimeSpan callTime)
        {
            Line(text, $"Each allowed call is taken to run, and to hold its slots, for {RateText.Duration(callTime)} (--call-time).");
        }

        Table(text, Limits(report));
        Table(text, Users(report));
        if (report.Users.Length > MostUsers)
        {
            Line(text, $"{Indent}and {Number(report.Users.Length - MostUsers)} more users; --json names them all.");
        }

        if (report.Calls > 0)
        {
            Line(text, "");
            foreach (string line in TerminalChart.Lines(report))
            {
                Line(text, line);
            }
        }

        return text.ToString();
    }

    /// <summary>A share in parentheses: <c> (3.2 %)</c>; nothing where there is nothing to share.</summary>
    internal static string Share(long part, long whole) => whole == 0 ? "" : $" ({Percent((double)part / whole)})";

    /// <summary>A share: <c>3.2 %</c>.</summary>
    internal static string Percent(double share) => string.Create(
        CultureInfo.InvariantCulture, $"{(share > 0 && share < 0.0001 ? "< 0.01" : (share * 100).ToString(share < 0.01 ? "0.##" : "0.#", CultureInfo.InvariantCulture))} %");

    /// <summary>A number with commas.</summary>
    internal static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static TextTable Limits(SimulationReport report)
    {
        bool haveServers = report.Limits.Select(limit => limit.Server).Distinct().Count() > 1;
        TextTable table = new("limit", "rate", "mode", ">calls", ">rejected", ">would reject");
        foreach (LimitReport limit in report.Limits)
        {
            table.Add(
                haveServers ? $"{limit.Server}: {limit.Limit}" : limit.Limit,
                limit.Rate,
                ExplainedWords.Of(limit.Mode),
                Number(limit.Calls),
                Number(limit.Refused),
                Number(limit.WouldRefuse));
        }

        return table;
    }

    private static TextTable Users(SimulationReport report)
    {
        TextTable table = new("user", ">calls", ">allowed", ">rejected", ">share", ">longest wait");
        foreach (UserReport user in report.Users.Take(MostUsers))
        {
            table.Add(
                user.User,
                Number(user.Calls),
                Number(user.Allowed),
                Number(user.Refused),
                Percent((double)user.Refused / user.Calls),
                user.Refused == 0 ? "-" : user.LongestWait == TimeSpan.Zero ? "never" : Wait(user.LongestWait));
        }

        return table;
    }

    // Milliseconds are enough, rounded up as a wait must be.
    private static string Wait(TimeSpan wait) =>
        RateText.Duration(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)));

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
