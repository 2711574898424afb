namespace Sluice;

/// <summary>The answer to a call.</summary>
public enum RateLimitOutcome
{
    /// <summary>Not now; the decision says when. Also the default, so that a decision never made lets nothing through.</summary>
    Denied = 0,

    /// <summary>The call may go on, and its cost has been charged.</summary>
    Allowed = 1,

    /// <summary>Not ever: the call costs more tokens than a bucket holds.</summary>
    Unsatisfiable = 2,
}
