namespace Sluice.Tests;

/// <summary>What an operation does to a store, or to its clock.</summary>
internal enum Verb
{
    Acquire,
    Peek,
    Charge,
    Refund,
    Reset,
    Advance,
}
