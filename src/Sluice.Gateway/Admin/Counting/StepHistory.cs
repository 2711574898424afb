namespace Sluice.Gateway;

/// <summary>Divides totals into steps of equal length, and remembers the newest steps only.</summary>
/// <remarks>
/// <para>
/// It keeps what the totals were when a step began, so a call costs a look at one field. A call that is counted while a step begins may
/// belong to either of the two steps; none is lost or counted twice.
/// </para>
/// <para>Memory: two numbers of 4 bytes for each step, reserved once.</para>
/// <para>Thread safety: any number of threads. Beginning a step takes a lock.</para>
/// </remarks>
/// <param name="steps">How many steps are remembered, the running one among them.</param>
/// <param name="totals">What is divided. All zero when the history begins.</param>
internal sealed class StepHistory(int steps, CallTotals totals)
{
    private readonly Lock _gate = new();

    // The low 32 bits of the totals at the beginning of each step: a difference of two is right up to 4 billion calls in a step.
    private readonly uint[] _allowed = new uint[steps];
    private readonly uint[] _refused = new uint[steps];
    private long _newest;

    /// <summary>Begins a step, if it has not begun. A call is counted in the totals after that.</summary>
    /// <param name="step">The number of the running step; from 0.</param>
    internal void Begin(long step)
    {
        if (step > Volatile.Read(ref _newest))
        {
            BeginNew(step);
        }
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
                    allowed[i] += unchecked(BeginOf(of + 1, _allowed, totals.Allowed) - _allowed[of % steps]);
                    refused[i] += unchecked(BeginOf(of + 1, _refused, totals.Refused) - _refused[of % steps]);
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

    private uint BeginOf(long step, uint[] begins, long total) => step > _newest ? unchecked((uint)total) : begins[step % steps];

    private void BeginNew(long step)
    {
        lock (_gate)
        {
            for (long next = Math.Max(_newest + 1, step - steps + 1); next <= step; next++)
            {
                _allowed[next % steps] = unchecked((uint)totals.Allowed);
                _refused[next % steps] = unchecked((uint)totals.Refused);
            }

            if (step > _newest)
            {
                Volatile.Write(ref _newest, step);
            }
        }
    }
}
