using System.Globalization;
using System.Text;

namespace Sluice.Charts;

/// <summary>A policy, the calls that come, and what the engine did with each: whether it was held, when it ran, or that it was rejected.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Title">What the chart is called.</param>
/// <param name="Length">How long the chart is, in seconds.</param>
/// <param name="Calls">When each call comes and how long it runs, in seconds.</param>
internal sealed record Timeline(string Name, string Title, int Length, (double At, double Runs)[] Calls)
{
    private const int Width = 720;
    private const int Left = 52;
    private const int Right = 16;
    private const int Top = 44;
    private const int Row = 18;
    private const int Bottom = 62;

    /// <summary>The limits.</summary>
    internal required Action<RateLimitsBuilder> Limits { get; init; }

    /// <summary>How long a call may be held.</summary>
    internal TimeSpan Wait { get; init; }

    internal static Timeline[] All { get; } =
    [
        new("slots", "concurrency: { perUser: 2 }: a call starts when fewer than two run", 20,
            [(0.5, 6), (1.5, 3), (2.5, 2), (3.5, 2), (5, 4), (6, 2), (7, 3), (9.5, 5), (10.5, 2), (11.5, 2), (13, 4), (15, 3), (16, 2)])
        {
            Limits = limits => limits.Concurrency(new ConcurrencySettings { PerUser = 2 }),
        },
        new("waiting", "perUser: 2/2s, wait: 3s: seven calls at once, and some later", 12,
            [(0.5, 0), (0.6, 0), (0.7, 0), (0.8, 0), (0.9, 0), (1, 0), (1.1, 0), (3, 0), (3.2, 0), (7, 0), (9, 0), (9.1, 0), (9.2, 0), (9.3, 0)])
        {
            Limits = limits => limits.PerUser("2/2s"),
            Wait = TimeSpan.FromSeconds(3),
        },
    ];

    private int Height => Top + (Calls.Length * Row) + Bottom;

    internal string Draw()
    {
        (double At, double? Starts, double Ends)[] calls = [.. Record()];
        int admitted = calls.Count(call => call.Starts is not null);
        int held = calls.Count(call => call.Starts > call.At);
        StringBuilder svg = new();
        Picture.Begin(
            svg, Width, Height, Left, Title,
            $"Of {calls.Length} calls in {Length} seconds {admitted} are admitted, at "
            + $"{string.Join(", ", calls.Where(call => call.Starts is not null).Select(call => Picture.Text(call.Starts!.Value)))} seconds; {held} were held before.");
        for (int at = 0; at <= Length; at += 2)
        {
            string x = Picture.Text(X(at));
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"soft\" x=\"{x}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{at} s</text>\n");
        }

        foreach ((int index, (double at, double? starts, double ends)) in calls.Index())
        {
            DrawCall(svg, Top + (index * Row) + (Row / 2), at, starts, ends);
        }

        int legend = Height - 16;
        svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"yes\" cx=\"{Left + 4}\" cy=\"{legend - 4}\" r=\"4\"/><text x=\"{Left + 15}\" y=\"{legend}\">admitted, {admitted}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"no\" cx=\"{Left + 134}\" cy=\"{legend - 4}\" r=\"3.25\"/><text x=\"{Left + 145}\" y=\"{legend}\">rejected, {calls.Length - admitted}</text>\n");
        if (held > 0)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"held\" x1=\"{Left + 264}\" x2=\"{Left + 284}\" y1=\"{legend - 4}\" y2=\"{legend - 4}\"/><text x=\"{Left + 292}\" y=\"{legend}\">held, {held}</text>\n");
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Lets the engine decide: each call, and before it the end of those that have run.</summary>
    private IEnumerable<(double At, double? Starts, double Ends)> Record()
    {
        StandingClock clock = new(DateTimeOffset.UnixEpoch);
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 16 }, clock);
        CallerIdentity caller = new("charts", "caller", tenant: null, client: null);
        ApplicableLimits limits = RateLimitPolicy.Build("charts", Limits).Select("tools/call", "x", caller);
        PriorityQueue<RateLimitRequest, double> running = new();
        foreach ((double at, double runs) in Calls)
        {
            while (running.TryPeek(out RateLimitRequest ended, out double end) && end <= at)
            {
                running.Dequeue();
                clock.Elapsed = TimeSpan.FromSeconds(end);
                store.Release(ended);
            }

            clock.Elapsed = TimeSpan.FromSeconds(at);
            RateLimitRequest request = new(limits, caller) { Slots = limits.SlotCount > 0 ? new HeldSlots() : null };
            RateLimitReservation reservation = store.Reserve(request, Wait, new LimitState[limits.Count]);
            double? starts = reservation.Decision.IsAllowed ? at + reservation.Delay.TotalSeconds : null;
            double ends = (starts ?? at) + runs;
            if (starts is not null && request.Slots is not null)
            {
                running.Enqueue(request, ends);
            }

            yield return (at, starts, ends);
        }
    }

    private void DrawCall(StringBuilder svg, int y, double at, double? starts, double ends)
    {
        if (starts is not double start)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"no\" cx=\"{Picture.Text(X(at))}\" cy=\"{y}\" r=\"3.25\"/>\n");
            return;
        }

        string from = Picture.Text(X(start));
        if (start > at)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"held\" x1=\"{Picture.Text(X(at))}\" x2=\"{from}\" y1=\"{y}\" y2=\"{y}\"/>\n");
        }

        if (ends > start)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"runs\" x=\"{from}\" y=\"{y - 3}\" width=\"{Picture.Text(X(Math.Min(ends, Length)) - X(start))}\" height=\"6\" rx=\"3\"/>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"yes\" cx=\"{from}\" cy=\"{y}\" r=\"4\"/>\n");
    }

    private double X(double at) => Left + (at / Length * (Width - Left - Right));
}
