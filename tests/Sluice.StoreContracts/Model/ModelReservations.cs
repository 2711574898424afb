using System.Collections.Immutable;
using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>The buckets of one caller with their reservations, by definition: each instant is found by trying.</summary>
/// <remarks>Instants are ticks of 100 ns since the store's origin. Thread safety: none; use it from one thread.</remarks>
/// <param name="limits">The limits, all enforced.</param>
/// <param name="epoch">The origin, in ticks since the Unix epoch.</param>
/// <param name="step">The step of the store's clock, in ticks: every instant is a multiple of it.</param>
internal sealed class ModelReservations(RateLimit[] limits, BigInteger epoch, BigInteger step)
{
    private readonly Bucket[] _buckets =
        [.. limits.Select(limit => new Bucket(ModelBucket.New(limit.Rate, new ModelInstant(0, epoch, 0, 0)), [], step))];
    private long _lastId;

    /// <summary>The same buckets, to go on from in another way.</summary>
    internal ModelReservations Copy()
    {
        ModelReservations copy = new(limits, epoch, step) { _lastId = _lastId };
        _buckets.CopyTo(copy._buckets, 0);
        return copy;
    }

    /// <summary>The instant of a call, and the limit that decided it; the call is charged for that instant if it is soon enough.</summary>
    internal (BigInteger At, int Decider, long Id) Reserve(BigInteger now, int cost, BigInteger maxWait, bool waits)
    {
        Settle(now);
        BigInteger at = now;
        int decider = -1;
        BigInteger before;
        do
        {
            before = at;
            BigInteger from = at;
            BigInteger[] earliest = [.. _buckets.Select(bucket => waits ? bucket.EarliestInTurn(from, cost) : bucket.Earliest(from, cost))];
            at = earliest.Max();
            decider = at > from ? Array.IndexOf(earliest, at) : decider;
        }
        while (at > before);

        if (at - now > maxWait)
        {
            return (at, decider, -1);
        }

        _lastId++;
        for (int i = 0; i < _buckets.Length; i++)
        {
            _buckets[i] = _buckets[i].With(new Reservation(at, cost, _lastId, i == decider));
        }

        Settle(now);
        return (at, decider, _lastId);
    }

    /// <summary>Takes a reservation back, whose instant has not come.</summary>
    internal void Cancel(BigInteger now, long id)
    {
        Settle(now);
        for (int i = 0; i < _buckets.Length; i++)
        {
            _buckets[i] = _buckets[i] with { Held = _buckets[i].Held.RemoveAll(call => call.Id == id) };
        }
    }

    private void Settle(BigInteger now)
    {
        for (int i = 0; i < _buckets.Length; i++)
        {
            _buckets[i] = _buckets[i].Settled(now);
        }
    }

    private sealed record Reservation(BigInteger At, int Cost, long Id, bool IsDecider);

    /// <summary>A bucket as past calls left it, and the calls to come, in order.</summary>
    private sealed record Bucket(ModelBucket Past, ImmutableList<Reservation> Held, BigInteger Step)
    {
        internal Bucket Settled(BigInteger now) => new(
            Held.Where(call => call.At <= now).Aggregate(Past, (bucket, call) => bucket.At(call.At).Charged(call.Cost)).At(now),
            Held.RemoveAll(call => call.At <= now),
            Step);

        internal Bucket With(Reservation added) => this with
        {
            Held = [.. Held.TakeWhile(call => call.At <= added.At), added, .. Held.SkipWhile(call => call.At <= added.At)],
        };

        internal BigInteger EarliestInTurn(BigInteger from, int cost)
        {
            BigInteger earliest = Earliest(from, cost);
            BigInteger turn = Held.Where(call => call.IsDecider).Select(call => call.At).DefaultIfEmpty(0).Max();
            return earliest > from && turn > earliest ? Earliest(turn, cost) : earliest;
        }

        /// <summary>Of the instants at which the bucket admits the call after some of the reservations, the first at which all are admitted.</summary>
        internal BigInteger Earliest(BigInteger from, int cost)
        {
            BigInteger[] starts = [from, .. Held.Select(call => call.At).Where(at => at > from)];
            return starts.Select(start => AdmittedFrom(start, cost)).Where(at => Fits(at, cost)).Min();
        }

        private BigInteger AdmittedFrom(BigInteger start, int cost)
        {
            ModelBucket bucket = Held.Where(call => call.At <= start)
                .Aggregate(Past, (bucket, call) => bucket.At(call.At).Charged(call.Cost))
                .At(start);
            return bucket.Admits(cost) ? start : start + ((bucket.UntilAdmits(cost).Ceiling() + Step - 1) / Step * Step);
        }

        private bool Fits(BigInteger at, int cost)
        {
            ModelBucket bucket = Past;
            foreach (Reservation call in With(new Reservation(at, cost, 0, false)).Held)
            {
                bucket = bucket.At(call.At);
                if (!bucket.Admits(call.Cost))
                {
                    return false;
                }

                bucket = bucket.Charged(call.Cost);
            }

            return true;
        }
    }
}
