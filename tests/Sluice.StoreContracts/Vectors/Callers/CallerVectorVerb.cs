namespace Sluice.StoreContracts;

/// <summary>What a step of a <see cref="CallerVectorCase"/> asks of the store.</summary>
public enum CallerVectorVerb
{
    /// <summary>Tokens and slots at once, or a rejection.</summary>
    Acquire = 0,

    /// <summary>The same answer, and nothing is charged.</summary>
    Peek = 1,

    /// <summary>Tokens come back.</summary>
    Refund = 2,

    /// <summary>Tokens are taken, whether they are there or not.</summary>
    Charge = 3,

    /// <summary>The buckets of the caller are forgotten.</summary>
    Reset = 4,

    /// <summary>The call of another step has ended: its slots are released.</summary>
    Release = 5,

    /// <summary>Tokens for an instant at most <see cref="CallerVectorStep.MaxWaitUs"/> from now.</summary>
    Reserve = 6,

    /// <summary>The call of another step is cancelled before its instant.</summary>
    Cancel = 7,
}
