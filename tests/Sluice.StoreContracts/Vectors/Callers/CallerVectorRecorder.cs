using System.Numerics;

namespace Sluice.StoreContracts;

/// <summary>Answers of the model to the steps of a case, one by one, so that a step can follow from the answers before it.</summary>
internal sealed class CallerVectorRecorder(VectorPolicy policy)
{
    private static readonly VectorStoreUnderTest Model = new();
    private readonly CallerVectorPlayer _player = new(Model, policy, VectorRecorder.Wall);
    private readonly List<CallerVectorStep> _steps = [];
    private readonly Dictionary<int, long> _held = [];
    private ModelReservations? _reservations;

    /// <summary>How many steps were recorded: the index of the next.</summary>
    internal int Count => _steps.Count;

    /// <summary>The case, under that name.</summary>
    internal CallerVectorCase Named(string name) => new(name, policy, [.. _steps]);

    /// <summary>Records a step with the answer of the store's model.</summary>
    internal async Task<CallerVectorStep> AddAsync(CallerVectorStep step)
    {
        Check(step);
        CallerVectorStep answered = await _player.DoAsync(step);
        _steps.Add(answered);
        return answered;
    }

    /// <summary>Records a reservation or a cancellation with the answer of the model of calls that wait; one caller in a case.</summary>
    internal CallerVectorStep AddWaiting(CallerVectorStep step)
    {
        Check(step);
        ApplicableLimits limits = _player.LimitsOf(step);
        _reservations ??= new ModelReservations(
            limits.Limits.ToArray(), (VectorRecorder.Wall - DateTimeOffset.UnixEpoch).Ticks, TimeSpan.TicksPerMicrosecond);
        BigInteger now = step.AtUs * TimeSpan.TicksPerMicrosecond;
        if (step.Verb == CallerVectorVerb.Cancel)
        {
            _reservations.Cancel(now, _held[step.Call]);
            _steps.Add(step);
            return step;
        }

        (BigInteger at, int decider, long id) = _reservations.Reserve(now, step.Cost, step.MaxWaitUs * TimeSpan.TicksPerMicrosecond, waits: true);
        long waitUs = (long)((at - now) / TimeSpan.TicksPerMicrosecond);
        bool isAllowed = id > 0;
        _held[Count] = id;
        CallerVectorStep answered = step with
        {
            Decision = new VectorDecision(
                isAllowed ? RateLimitOutcome.Allowed : RateLimitOutcome.Denied,
                isAllowed ? null : limits[decider].Name,
                Remaining: 0,
                isAllowed ? 0 : waitUs,
                ResetsAtUs: 0),
            DelayUs = isAllowed ? waitUs : 0,
            Limits = CallerVectorPlayer.Names(limits),
        };
        _steps.Add(answered);
        return answered;
    }

    private void Check(CallerVectorStep step)
    {
        int[] byDefinition = CallerVectorSelection.Sizes(policy, step);
        int[] selected = CallerVectorSelection.Sizes(_player.LimitsOf(step));
        if (!byDefinition.SequenceEqual(selected))
        {
            throw new InvalidOperationException(
                $"For {step}, limits of the sizes {string.Join(", ", byDefinition)} apply, but {string.Join(", ", selected)} were selected.");
        }
    }
}
