using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Redis.Tests;

public sealed class PartTests
{
    private static readonly Gen<(int Capacity, int Count)> Limits =
        from count in Gen.Choose(1, 200)
        from capacity in Gen.OneOf(Gen.Choose(1, 300), Gen.Choose(1, int.MaxValue))
        select (capacity, count);

    [Fact]
    public void Tokens_AllRanks_AddUpToTheCapacity() => Prop.ForAll(
        Limits.ToArbitrary(),
        limit =>
        {
            Part[] parts = Parts(limit.Count);
            parts.Sum(part => (long)part.Tokens(limit.Capacity)).ShouldBe(limit.Capacity);
            (parts.Max(part => part.Tokens(limit.Capacity)) - parts.Min(part => part.Tokens(limit.Capacity))).ShouldBeLessThanOrEqualTo(1);
        }).QuickCheckThrowOnFailure();

    // The part is counted in the bucket of the whole limit, which all parts of one level must not exceed together.
    [Fact]
    public void Left_AllRanksAtOneLevel_AddUpToAtMostThatLevel() => Prop.ForAll(
        (from limit in Limits
         from remaining in Gen.Choose(0, limit.Capacity)
         select (limit.Capacity, limit.Count, Remaining: remaining)).ToArbitrary(),
        limit =>
        {
            long left = Parts(limit.Count).Sum(part => (long)part.Left(limit.Capacity, limit.Remaining));
            left.ShouldBeInRange(Math.Max(0, limit.Remaining - limit.Count), limit.Remaining);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Needed_AnyCostThatFits_IsWithinTheBucketAndFitsExactlyThePart() => Prop.ForAll(
        Limits.ToArbitrary(),
        limit => Parts(limit.Count).ToList().ForEach(part =>
        {
            int tokens = part.Tokens(limit.Capacity);
            if (tokens > 0)
            {
                part.Needed(limit.Capacity, 1).ShouldBeInRange(1, limit.Capacity);
                part.Needed(limit.Capacity, tokens).ShouldBeInRange(1, limit.Capacity);
                part.Left(limit.Capacity, part.Needed(limit.Capacity, tokens)).ShouldBe(tokens);
                part.Left(limit.Capacity, limit.Capacity).ShouldBe(tokens);
            }

            part.Used(limit.Capacity, limit.Capacity).ShouldBe(0UL);
            part.Used(limit.Capacity, 0).ShouldBeInRange((ulong)tokens, (ulong)tokens + 1);
        })).QuickCheckThrowOnFailure();

    [Fact]
    public void Whole_IsTheLimit()
    {
        Part.Whole.Tokens(7).ShouldBe(7);
        Part.Whole.Needed(7, 3).ShouldBe(3);
        Part.Whole.Left(7, 4).ShouldBe(4);
        Part.Whole.Charge(3).ShouldBe(3);
    }

    private static Part[] Parts(int count) => [.. Enumerable.Range(0, count).Select(rank => new Part(count, rank))];
}
