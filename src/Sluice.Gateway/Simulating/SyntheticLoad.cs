using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>Calls at a mean rate, by a number of callers; the same for the same seed.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record SyntheticLoad : ITraffic
{
    /// <inheritdoc/>
    public required ImmutableArray<SimulatedCaller> Callers { get; init; }

    /// <inheritdoc/>
    public required ImmutableArray<SimulatedOperation> Operations { get; init; }

    /// <summary>How often each operation is called, in relation to the others.</summary>
    public required ImmutableArray<double> Weights { get; init; }

    /// <inheritdoc/>
    public required DateTimeOffset Start { get; init; }

    /// <inheritdoc/>
    public required TimeSpan Length { get; init; }

    /// <summary>Calls per tick, of all callers together.</summary>
    public required double CallsPerTick { get; init; }

    /// <summary>How they are distributed over time.</summary>
    public ArrivalKind Arrivals { get; init; }

    /// <summary>Calls in a burst.</summary>
    public int Burst { get; init; } = 1;

    /// <summary>How unlike the callers are: caller n calls n^-skew times as often as the first; 0 when all are alike.</summary>
    public double Skew { get; init; }

    /// <summary>Where the random numbers start.</summary>
    public int Seed { get; init; }

    /// <inheritdoc/>
    public long ExpectedCalls => (long)Math.Ceiling(CallsPerTick * Length.Ticks);

    /// <inheritdoc/>
    public IArrivals Begin() => new Run(this);

    private static double[] Cumulative(IEnumerable<double> weights)
    {
        double sum = 0;
        double[] sums = [.. weights.Select(weight => sum += weight)];
        return [.. sums.Select(each => each / sum)];
    }

    private sealed class Run : IArrivals
    {
        private readonly Random _random;
        private readonly double[] _callers;
        private readonly double[] _operations;
        private readonly bool _areCallersAlike;
        private readonly double _interval;
        private readonly long _end;
        private readonly ArrivalKind _kind;
        private readonly int _burst;
        private double _at;
        private long _groups;
        private int _left;
        private int _turn;

        internal Run(SyntheticLoad load)
        {
            _random = new Random(load.Seed);
            _callers = Cumulative(Enumerable.Range(1, load.Callers.Length).Select(number => Math.Pow(number, -load.Skew)));
            _operations = Cumulative(load.Weights);
            _areCallersAlike = load.Skew == 0;
            _kind = load.Arrivals;
            _burst = load.Arrivals == ArrivalKind.Burst ? load.Burst : 1;
            _interval = _burst / load.CallsPerTick;
            _end = load.Length.Ticks;
            _turn = -1;
        }

        public bool TryNext(out Arrival arrival)
        {
            if (_left == 0)
            {
                // Multiplied, not added up, so that equal intervals do not drift.
                _at = _kind == ArrivalKind.Poisson ? _at - (Math.Log(1 - _random.NextDouble()) * _interval) : _groups++ * _interval;
                _left = _burst;
                _turn = _kind == ArrivalKind.Even && _areCallersAlike ? (_turn + 1) % _callers.Length : Pick(_callers, _areCallersAlike);
            }

            _left--;
            long ticks = (long)Math.Round(_at);
            arrival = new Arrival(ticks, _turn, _operations.Length == 1 ? 0 : Pick(_operations, areAlike: false));
            return ticks < _end;
        }

        private int Pick(double[] cumulative, bool areAlike)
        {
            double at = _random.NextDouble();
            if (areAlike)
            {
                return (int)(at * cumulative.Length);
            }

            int found = Array.BinarySearch(cumulative, at);
            return Math.Min(found < 0 ? ~found : found + 1, cumulative.Length - 1);
        }
    }
}
