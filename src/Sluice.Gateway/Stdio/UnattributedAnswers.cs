namespace Sluice.Gateway;

/// <summary>Finds the calls that will never be answered, from answers that do not say which call they are for.</summary>
/// <remarks>
/// <para>
/// Each such answer is for one of the calls that were in flight when it came. As soon as all of these but one have ended, the last
/// one is known, and it fails instead of waiting for its timeout.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
/// <typeparam name="TKey">What identifies a call.</typeparam>
internal sealed class UnattributedAnswers<TKey>
    where TKey : notnull
{
    /// <summary>The most answers that are remembered; a server that sends more of them is broken.</summary>
    internal const int MaxAnswers = 16;

    private readonly Lock _gate = new();
    private readonly List<HashSet<TKey>> _answers = [];

    /// <summary>Records an answer that could not be attributed.</summary>
    /// <param name="inFlight">The calls that are in flight.</param>
    /// <returns>The calls that fail now.</returns>
    internal IReadOnlyList<TKey> Add(IEnumerable<TKey> inFlight)
    {
        lock (_gate)
        {
            HashSet<TKey> candidates = [.. inFlight];
            if (candidates.Count > 0 && _answers.Count < MaxAnswers)
            {
                _answers.Add(candidates);
            }

            return SettleLocked();
        }
    }

    /// <summary>Records that a call has ended, by its answer or otherwise.</summary>
    /// <returns>The calls that fail now.</returns>
    internal IReadOnlyList<TKey> Remove(TKey call)
    {
        lock (_gate)
        {
            if (_answers.Count == 0)
            {
                return [];
            }

            RemoveLocked(call);
            return SettleLocked();
        }
    }

    private List<TKey> SettleLocked()
    {
        List<TKey> failed = [];
        while (_answers.Find(candidates => candidates.Count == 1) is HashSet<TKey> settled)
        {
            TKey call = settled.Single();
            _answers.Remove(settled);
            RemoveLocked(call);
            failed.Add(call);
        }

        // As many answers as calls to which they can belong: none of the calls gets another answer.
        HashSet<TKey> all = [.. _answers.SelectMany(candidates => candidates)];
        if (all.Count > 0 && all.Count <= _answers.Count)
        {
            failed.AddRange(all);
            _answers.Clear();
        }

        return failed;
    }

    private void RemoveLocked(TKey call)
    {
        foreach (HashSet<TKey> candidates in _answers)
        {
            candidates.Remove(call);
        }

        _answers.RemoveAll(candidates => candidates.Count == 0);
    }
}
