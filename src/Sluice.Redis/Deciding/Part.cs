namespace Sluice.Redis;

/// <summary>One process's part of a limit: one of so many, at a rank.</summary>
/// <remarks>
/// <para>
/// A part is counted in the bucket of the whole limit: a call of cost c takes N·c tokens from it. That is a bucket of 1/N of the rate and
/// 1/N of the level, exactly, for every algorithm, and it stays right when N changes.
/// </para>
/// <para>
/// Of a capacity C = q·N + m each part has q tokens, and the first m ranks have one more. C/N is q + m/N, so a part of the first m ranks
/// may go N - m tokens below zero in the whole limit's bucket, and each other part keeps m tokens in it. All these differences add up to
/// zero.
/// </para>
/// </remarks>
/// <param name="Count">N, at least 1.</param>
/// <param name="Rank">From 0 to below <paramref name="Count"/>.</param>
internal readonly record struct Part(int Count, int Rank)
{
    /// <summary>The whole limit.</summary>
    internal static Part Whole => new(1, 0);

    /// <summary>The part of a process.</summary>
    internal static Part Of(Membership members) => new(members.Count, members.Rank);

    /// <summary>The part of a process in a limit, which is all of it unless the limit is shared while Redis is away.</summary>
    internal static Part Of(RateLimit limit, Membership members) =>
        limit.OnStoreFailure == StoreFailureMode.Share ? Of(members) : Whole;

    /// <summary>The tokens that the part holds when it is full.</summary>
    internal int Tokens(int capacity) => (capacity / Count) + (Rank < capacity % Count ? 1 : 0);

    /// <summary>The tokens that the whole limit's bucket must hold for a call that the part can hold.</summary>
    /// <returns>From 1 to <paramref name="capacity"/>.</returns>
    internal int Needed(int capacity, int cost) => (int)(((long)cost * Count) - Reserve(capacity));

    /// <summary>The tokens that a call takes from the whole limit's bucket.</summary>
    internal long Charge(int cost) => (long)cost * Count;

    /// <summary>The whole tokens that are left in the part, where the whole limit's bucket has so many.</summary>
    internal int Left(int capacity, int remaining) => (int)Math.Max(0, (remaining + Reserve(capacity)) / Count);

    /// <summary>The tokens that are used in the part, rounded up, where the whole limit's bucket has so many left.</summary>
    internal ulong Used(int capacity, int remaining) => (ulong)((capacity - remaining + Count - 1L) / Count);

    // How far the part may go below zero in the whole limit's bucket; negative for what it must keep there.
    private long Reserve(int capacity)
    {
        int rest = capacity % Count;
        return Rank < rest ? Count - rest : -rest;
    }
}
