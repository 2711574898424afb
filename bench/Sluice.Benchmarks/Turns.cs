using System.Diagnostics;

namespace Sluice.Benchmarks;

/// <summary>Two ways of doing something that take turns of a millisecond or two, so that whatever else runs disturbs both.</summary>
/// <param name="Nanoseconds">The median time of the one, for each call.</param>
/// <param name="OfBaseline">The median time of the other.</param>
/// <param name="Ratio">The median, over all pairs of turns, of the one over the other.</param>
internal readonly record struct Turns(double Nanoseconds, double OfBaseline, double Ratio)
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(1.5);

    /// <summary>Measures two ways. Each function makes so many calls, and returns how many had the outcome that is measured.</summary>
    internal static Turns Of(Func<int, int> measured, Func<int, int> baseline, int pairs = 400)
    {
        const int WarmUps = 300; // For the compiler, which compiles in the background what runs often.
        int calls = CallsOfATurn(measured);
        double[] ofMeasured = new double[pairs];
        double[] ofBaseline = new double[pairs];
        for (int pair = -WarmUps; pair < pairs; pair++)
        {
            bool isMeasuredFirst = (pair & 1) == 0;
            double first = Time(isMeasuredFirst ? measured : baseline, calls);
            double second = Time(isMeasuredFirst ? baseline : measured, calls);
            if (pair >= 0)
            {
                (ofMeasured[pair], ofBaseline[pair]) = isMeasuredFirst ? (first, second) : (second, first);
            }
        }

        return new Turns(Median(ofMeasured), Median(ofBaseline), Median(ofMeasured.Zip(ofBaseline, (one, other) => one / other)));
    }

    internal static double Median(IEnumerable<double> values)
    {
        double[] ordered = [.. values.Order()];
        return ordered[ordered.Length / 2];
    }

    private static int CallsOfATurn(Func<int, int> run)
    {
        const int Readings = 20;
        int calls = 128;
        while (Enumerable.Range(0, Readings).Min(_ => Time(run, calls)) * calls < Turn.TotalNanoseconds)
        {
            calls *= 2;
        }

        return calls;
    }

    private static double Time(Func<int, int> run, int calls)
    {
        long start = Stopwatch.GetTimestamp();
        int counted = run(calls);
        double taken = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        Require.That(counted == calls || counted == 0, "Another outcome than the one that is measured.");
        return taken / calls;
    }
}
