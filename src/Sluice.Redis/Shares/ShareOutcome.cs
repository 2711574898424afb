namespace Sluice.Redis;

/// <summary>What became of a call on a divided bucket.</summary>
internal enum ShareOutcome
{
    /// <summary>There are too few tokens, as far as this process knows.</summary>
    Rejected = 0,

    /// <summary>Its tokens were taken.</summary>
    Admitted = 1,

    /// <summary>This process has no share, and Redis does not decide now.</summary>
    Unavailable = 2,
}
