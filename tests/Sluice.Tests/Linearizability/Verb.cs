namespace Sluice.Tests;

/// <summary>What an operation does to a store, or to its clock.</summary>
internal enum Verb
{
    Acquire,
    Peek,
    Charge,
    Refund,
    Reset,

    /// <summary>Ends a call that this thread began, if it was allowed and holds slots.</summary>
    Release,
    Advance,
}
