namespace Sluice.Redis;

/// <summary>What the script does for a call; the numbers are those of its argument.</summary>
internal enum ScriptVerb : byte
{
    /// <summary>Decides, and charges when all admit.</summary>
    Acquire = 1,

    /// <summary>Decides.</summary>
    Peek = 2,

    /// <summary>Gives tokens back.</summary>
    Refund = 3,

    /// <summary>Takes tokens whether they are there or not.</summary>
    Charge = 4,

    /// <summary>Forgets the buckets.</summary>
    Reset = 5,

    /// <summary>Takes back what is left of a charge that was made at an instant.</summary>
    Settle = 6,

    /// <summary>Decides, and charges for the first instant at which all admit.</summary>
    Reserve = 7,

    /// <summary>Takes a reservation back, or gives its tokens back if its instant has come.</summary>
    Cancel = 8,

    /// <summary>Takes a reservation back if its instant has not come. It may be repeated.</summary>
    CancelHeld = 9,
}
