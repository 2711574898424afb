namespace Sluice.Redis;

/// <summary>How many processes use the store, and the place of this one among them, as of its last contact.</summary>
/// <param name="Count">How many there are, at least 1. Those that vanished within the last 10 minutes count.</param>
/// <param name="Rank">The place of this one, from 0. No two processes have the same one at the same time.</param>
/// <param name="IsKnown">Whether the store has said so; false for a process that never reached the store.</param>
internal sealed record Membership(int Count, int Rank, bool IsKnown)
{
    /// <summary>The membership of a process that never reached the store: one of so many, without a rank that it could rely on.</summary>
    /// <remarks>It has the last rank: the first ranks have one token more, and all processes would take it.</remarks>
    internal static Membership Assumed(int count) => new(count, count - 1, IsKnown: false);
}
