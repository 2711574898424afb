namespace Sluice.Redis;

/// <summary>What the allocator does with the remainder of a bucket; the numbers are those of its argument.</summary>
internal enum RemainderVerb : byte
{
    /// <summary>Takes units if all are there.</summary>
    Acquire = 2,

    /// <summary>Takes units whether they are there or not.</summary>
    Charge = 3,

    /// <summary>Puts units back as far as they fit.</summary>
    Refund = 4,

    /// <summary>Fills the remainder, and has each process fill its share at its next message.</summary>
    Reset = 5,

    /// <summary>Changes nothing.</summary>
    Peek = 6,
}
