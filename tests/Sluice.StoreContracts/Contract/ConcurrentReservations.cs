using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>Reservations and cancellations of several threads at one instant, and whether their answers are those of some order.</summary>
/// <param name="store">The store.</param>
/// <param name="limits">The limits of every call, all enforced.</param>
/// <param name="caller">The caller.</param>
internal sealed class ConcurrentReservations(IRateLimitStore store, ApplicableLimits limits, CallerIdentity caller)
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(3);
    private readonly List<Operation> _all = [];
    private long _sequence;

    /// <summary>Runs operations of one thread, one after another.</summary>
    /// <param name="costs">The tokens of each reservation; 0 for a cancellation of the last one.</param>
    internal async Task RunAsync(int[] costs)
    {
        Operation? last = null;
        foreach (int cost in costs)
        {
            if (cost == 0 && last?.Answer.Id is null or 0)
            {
                continue;
            }

            RateLimitRequest request = new(limits, caller, Math.Max(cost, 1));
            Operation operation = new(cost, last) { CalledAt = Interlocked.Increment(ref _sequence) };
            if (cost == 0)
            {
                await store.CancelAsync(request, last!.Answer, default);
                last = null;
            }
            else
            {
                operation.Answer = await store.ReserveAsync(request, MaxWait, default, default);
                last = operation;
            }

            operation.ReturnedAt = Interlocked.Increment(ref _sequence);
            lock (_all)
            {
                _all.Add(operation);
            }
        }
    }

    /// <summary>Whether some order of the operations, in which none comes before one that had returned before it was called, gives their answers.</summary>
    internal bool AreAsInSomeOrder(ModelReservations model) => Search(model, [.. _all], []);

    public override string ToString() => string.Join('\n', _all.OrderBy(operation => operation.CalledAt));

    private static bool Search(ModelReservations model, Operation[] left, Dictionary<Operation, long> ids)
    {
        if (left.Length == 0)
        {
            return true;
        }

        long firstReturn = left.Min(operation => operation.ReturnedAt);
        foreach (Operation operation in left.Where(operation => operation.CalledAt <= firstReturn))
        {
            ModelReservations next = model.Copy();
            Dictionary<Operation, long> nextIds = new(ids);
            if (operation.IsAsIn(next, nextIds) && Search(next, [.. left.Where(other => other != operation)], nextIds))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A reservation, or the cancellation of one.</summary>
    private sealed class Operation(int cost, Operation? reserved)
    {
        internal long CalledAt { get; init; }

        internal long ReturnedAt { get; set; }

        internal RateLimitReservation Answer { get; set; }

        internal bool IsAsIn(ModelReservations model, Dictionary<Operation, long> ids)
        {
            if (cost == 0)
            {
                model.Cancel(0, ids[reserved!]);
                return true;
            }

            (BigInteger at, _, long id) = model.Reserve(0, cost, MaxWait.Ticks, waits: true);
            ids[this] = id;
            TimeSpan wait = Answer.Decision.IsAllowed ? Answer.Delay : Answer.Decision.RetryAfter;
            return Answer.Decision.IsAllowed == id > 0 && wait.Ticks == at;
        }

        public override string ToString() => cost == 0
            ? $"[{CalledAt} {ReturnedAt}] cancel"
            : $"[{CalledAt} {ReturnedAt}] reserve {cost}: {Answer.Decision.Outcome} {Answer.Delay} {Answer.Decision.RetryAfter}";
    }
}
