namespace Sluice.Redis;

/// <summary>What a share says to a call.</summary>
internal enum ShareAnswer
{
    /// <summary>It cannot say: there is no share, or the call costs more than it holds. Redis has to be asked.</summary>
    Ask = 0,

    /// <summary>It has the tokens.</summary>
    Enough = 1,

    /// <summary>It has too few tokens now.</summary>
    TooFew = 2,
}
