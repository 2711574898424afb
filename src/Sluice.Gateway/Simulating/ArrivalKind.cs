namespace Sluice.Gateway;

/// <summary>How the calls of a load are distributed over time.</summary>
internal enum ArrivalKind
{
    /// <summary>Each call comes independently of the others: the intervals are exponential.</summary>
    Poisson = 0,

    /// <summary>The intervals are equal, and the callers take turns.</summary>
    Even = 1,

    /// <summary>Several calls of one caller come at one instant, and such bursts come at equal intervals.</summary>
    Burst = 2,
}
