namespace Sluice.Redis.Tests;

/// <summary>
/// The one exact bucket that all shares together must not exceed. It counts in thousandths of a unit, by the
/// nanosecond.
/// </summary>
internal sealed class IdealBucket(ShareNumbers numbers)
{
    private long _at;

    /// <summary>The numbers of the limit.</summary>
    internal ShareNumbers Numbers { get; private set; } = numbers;

    /// <summary>The level, in thousandths of a unit.</summary>
    internal long Level { get; private set; } = numbers.Whole * 1000;

    /// <summary>Refills up to an instant.</summary>
    internal void Fill(long nanos)
    {
        if (nanos > _at)
        {
            Level = Math.Min(Numbers.Whole * 1000, Level + ((nanos - _at) * ShareNumbers.Parts));
            _at = nanos;
        }
    }

    /// <summary>Takes units, or adds them when they are negative.</summary>
    internal void Charge(long units, long nanos)
    {
        Fill(nanos);
        Level = Math.Min(Numbers.Whole * 1000, Level - (units * 1000));
    }

    /// <summary>Begins again, full, with other numbers.</summary>
    internal void Restart(ShareNumbers numbers, long nanos) => (Numbers, Level, _at) = (numbers, numbers.Whole * 1000, nanos);
}
