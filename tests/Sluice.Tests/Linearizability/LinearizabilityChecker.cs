using Sluice.StoreContracts;

namespace Sluice.Tests;

/// <summary>Says whether the operations of a history can be put in one order that respects time and explains every answer.</summary>
/// <remarks>
/// Source: J. M. Wing and C. Gong, "Testing and Verifying Concurrent Objects" (1993), with the memory of G. Lowe, "Testing for
/// linearizability" (2017): the same operations done and the same state reached need not be searched twice.
/// </remarks>
internal sealed class LinearizabilityChecker
{
    private readonly Operation[] _operations;
    private readonly HashSet<(int Done, ModelState State)> _seen = [];

    private LinearizabilityChecker(IEnumerable<Operation> operations) =>
        _operations = [.. operations.OrderBy(operation => operation.CalledAt)];

    /// <summary>Whether such an order exists. At most 31 operations.</summary>
    internal static bool IsLinearizable(IReadOnlyCollection<Operation> operations)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(operations.Count, 31);
        return new LinearizabilityChecker(operations).Search(0, Operation.Start);
    }

    private bool Search(int done, ModelState state)
    {
        if (done == (1 << _operations.Length) - 1)
        {
            return true;
        }

        if (!_seen.Add((done, state)))
        {
            return false;
        }

        // Only an operation that was called before any that is not done yet returned can be the next.
        long firstReturn = long.MaxValue;
        for (int i = 0; i < _operations.Length; i++)
        {
            firstReturn = (done & (1 << i)) == 0 ? Math.Min(firstReturn, _operations[i].ReturnedAt) : firstReturn;
        }

        for (int i = 0; i < _operations.Length; i++)
        {
            if ((done & (1 << i)) != 0 || _operations[i].CalledAt > firstReturn)
            {
                continue;
            }

            (Answer answer, ModelState next) = _operations[i].RunOn(state);
            if (answer.Equals(_operations[i].Answer) && Search(done | (1 << i), next))
            {
                return true;
            }
        }

        return false;
    }
}
