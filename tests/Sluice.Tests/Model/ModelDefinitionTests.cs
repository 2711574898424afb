using System.Numerics;
using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>What the model works out in closed form, against the words that define it, by search.</summary>
public sealed class ModelDefinitionTests
{
    private const int Buckets = 3_000;
    private static readonly HistoryGenerator Generator = new(new ModelUnderTest());

    [Fact]
    public void UntilAdmits_AnyBucket_IsTheLeastWaitAfterWhichTheCallIsAdmitted()
    {
        int refused = 0;
        foreach ((ModelBucket bucket, int cost) in SomeBuckets())
        {
            if (cost > bucket.Rate.Capacity || bucket.Admits(cost))
            {
                continue;
            }

            refused++;
            BigInteger wait = bucket.UntilAdmits(cost).Ceiling();
            wait.ShouldBe(Least(ticks => bucket.At(bucket.Now + ticks).Admits(cost)), $"{bucket}, cost {cost}");
        }

        refused.ShouldBeGreaterThan(Buckets / 20);
    }

    [Fact]
    public void UntilNew_AnyBucket_IsTheLeastWaitAfterWhichItIsNew()
    {
        int used = 0;
        foreach ((ModelBucket bucket, _) in SomeBuckets())
        {
            used += bucket.IsNew ? 0 : 1;
            BigInteger wait = bucket.UntilNew.Ceiling();
            wait.ShouldBe(bucket.IsNew ? 0 : Least(ticks => bucket.At(bucket.Now + ticks).IsNew), $"{bucket}");
        }

        used.ShouldBeGreaterThan(Buckets / 2);
    }

    [Fact]
    public void At_AnyBucket_ComesToTheSameInOneStepAndInMany()
    {
        Random random = new(Seeds.Announce(20_260_305));
        foreach ((ModelBucket bucket, _) in SomeBuckets())
        {
            BigInteger end = bucket.Now + (bucket.UntilNew.Ceiling() * 5 / 4);
            ModelBucket stepped = bucket;
            for (int i = 1; i <= 8; i++)
            {
                stepped = stepped.At(stepped.Now + ((end - stepped.Now) * random.Next(0, 100) / 100));
                Rational available = bucket.At(stepped.Now).Available;
                stepped.Available.ShouldBe(available, $"{bucket} at {stepped.Now}");
            }
        }
    }

    /// <summary>Buckets after random charges, refunds and pauses, and a cost to ask of each.</summary>
    private static IEnumerable<(ModelBucket Bucket, int Cost)> SomeBuckets()
    {
        ulong seed = (ulong)Seeds.Announce(20_260_306);
        for (ulong i = 0; i < Buckets; i++)
        {
            History history = Generator.Create((seed << 32) + i);
            ModelBucket bucket = ModelBucket.New(history.Policies[0].Limits[0].Rate, new ModelInstant(0, 12_345_678_901, 0, 0));
            foreach (HistoryStep step in history.Steps)
            {
                bucket = bucket.At(bucket.Now + Math.Max(0, step.Ticks));
                bucket = step.Verb == HistoryVerb.Refund ? bucket.Refunded(step.Cost)
                    : step.Verb == HistoryVerb.Charge || bucket.Admits(step.Cost) ? bucket.Charged(step.Cost)
                    : bucket;
            }

            yield return (bucket, history.Steps[^1].Cost);
        }
    }

    /// <summary>The least number from 1 up for which something holds that holds from then on.</summary>
    private static BigInteger Least(Func<BigInteger, bool> holds)
    {
        BigInteger end = 1;
        while (!holds(end))
        {
            end *= 2;
        }

        BigInteger start = end / 2;
        while (end - start > 1)
        {
            BigInteger middle = (start + end) / 2;
            (start, end) = holds(middle) ? (start, middle) : (middle, end);
        }

        return end;
    }
}
