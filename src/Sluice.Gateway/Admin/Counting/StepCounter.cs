namespace Sluice.Gateway;

/// <summary>Counts allowed and rejected calls by steps of equal length, and remembers the newest steps only.</summary>
/// <remarks>
/// <para>Memory: two numbers of 4 bytes for each step, reserved once.</para>
/// <para>Thread safety: any number of threads. Counting takes a lock only for the first call of a step.</para>
/// </remarks>
/// <param name="steps">How many steps are remembered, the running one among them.</param>
internal sealed class StepCounter(int steps)
{
    private readonly Lock _gate = new();
    private readonly int[] _allowed = new int[steps];
    private readonly int[] _refused = new int[steps];
    private long _newest;

    /// <summary>Counts a call.</summary>
    /// <param name="step">The number of the running step; from 0.</param>
    /// <param name="isAllowed">Whether the call was allowed.</param>
    internal void Count(long step, bool isAllowed)
    {
        long newest = Volatile.Read(ref _newest);
        if (step > newest)
        {
            BeginStep(step);
        }
        else if (step <= newest - steps)
        {
            return; // The thread was delayed for so long that the step is not kept any more.
        }

        Interlocked.Increment(ref (isAllowed ? _allowed : _refused)[step % steps]);
    }

    /// <summary>The counts of the newest steps, in their order; the last one is of the running step.</summary>
    /// <param name="step">The number of the running step.</param>
    /// <param name="allowed">Each count of allowed calls is added to a place of it. Its length says how many steps are wanted.</param>
    /// <param name="refused">The same for rejected calls; of the same length.</param>
    internal void AddTo(long step, Span<long> allowed, Span<long> refused)
    {
        lock (_gate)
        {
            for (int i = 0; i < allowed.Length; i++)
            {
                long of = step - allowed.Length + 1 + i;
                if (of >= 0 && of <= _newest && of > _newest - steps)
                {
                    allowed[i] += Volatile.Read(ref _allowed[of % steps]);
                    refused[i] += Volatile.Read(ref _refused[of % steps]);
                }
            }
        }
    }

    /// <summary>The counts of all the steps that are remembered, in their order; the last one is of the running step.</summary>
    /// <param name="step">The number of the running step.</param>
    internal (long[] Allowed, long[] Refused) Read(long step)
    {
        long[] allowed = new long[steps];
        long[] refused = new long[steps];
        AddTo(step, allowed, refused);
        return (allowed, refused);
    }

    private void BeginStep(long step)
    {
        lock (_gate)
        {
            for (long next = Math.Max(_newest + 1, step - steps + 1); next <= step; next++)
            {
                _allowed[next % steps] = 0;
                _refused[next % steps] = 0;
            }

            if (step > _newest)
            {
                Volatile.Write(ref _newest, step);
            }
        }
    }
}
