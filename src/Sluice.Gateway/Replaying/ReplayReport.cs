namespace Sluice.Gateway;

/// <summary>How the answers of two sides differ: those that were recorded, or of one file, and those of another.</summary>
internal sealed class ReplayReport
{
    private readonly Dictionary<int, CallerDifference> _callers = [];
    private readonly SortedDictionary<string, LimitDifference> _limits = new(StringComparer.Ordinal);

    internal long Calls { get; private set; }

    internal long AllowedBefore { get; private set; }

    internal long AllowedAfter { get; private set; }

    /// <summary>Calls that were allowed before and are rejected after.</summary>
    internal long NewlyRefused { get; private set; }

    /// <summary>Calls that were rejected before and are allowed after.</summary>
    internal long NewlyAllowed { get; private set; }

    /// <summary>Calls whose outcome is the same, and something else of the answer is not.</summary>
    internal long OtherwiseDifferent { get; private set; }

    /// <summary>All answers that differ.</summary>
    internal long Different => NewlyRefused + NewlyAllowed + OtherwiseDifferent;

    /// <summary>Calls that are allowed on one side and rejected on the other.</summary>
    internal long OtherOutcome => NewlyRefused + NewlyAllowed;

    /// <summary>When the first outcome differs.</summary>
    internal DateTimeOffset? FirstDifference { get; private set; }

    /// <summary>When the last outcome differs.</summary>
    internal DateTimeOffset? LastDifference { get; private set; }

    /// <summary>Refunds and releases of calls that the trace does not have.</summary>
    internal long Unmatched { get; set; }

    /// <summary>Calls to servers that a file does not have.</summary>
    internal long UnknownServer { get; set; }

    internal IEnumerable<KeyValuePair<string, LimitDifference>> Limits => _limits;

    /// <summary>The callers with an answer that differs, those with the most changes of the outcome first.</summary>
    internal IEnumerable<KeyValuePair<int, CallerDifference>> Callers => _callers
        .Where(caller => caller.Value.Different > 0)
        .OrderByDescending(caller => caller.Value.OtherOutcome)
        .ThenByDescending(caller => caller.Value.Different);

    /// <summary>The first call whose outcome differs, else the first whose answer differs, and both answers.</summary>
    internal (RecordedCall Call, ReplayedAnswer Before, ReplayedAnswer After)? First { get; private set; }

    internal void Add(RecordedCall call, int caller, in ReplayedAnswer before, in ReplayedAnswer after)
    {
        DateTimeOffset at = call.At;
        string server = call.Server;
        if (call.Again != 0 && before.Equals(after))
        {
            return; // The call was counted with its first decision.
        }

        Calls++;
        AllowedBefore += before.IsAllowed ? 1 : 0;
        AllowedAfter += after.IsAllowed ? 1 : 0;
        if (!before.IsAllowed)
        {
            LimitOf(server, before.Limit).RefusedBefore++;
        }

        if (!after.IsAllowed)
        {
            LimitOf(server, after.Limit).RefusedAfter++;
        }

        if (!_callers.TryGetValue(caller, out CallerDifference? of))
        {
            _callers.Add(caller, of = new CallerDifference());
        }

        of.Calls++;
        if (before.Equals(after))
        {
            return;
        }

        if (before.IsAllowed == after.IsAllowed)
        {
            First ??= (call, before, after);
            OtherwiseDifferent++;
            of.Otherwise++;
            return;
        }

        First = FirstDifference is null ? (call, before, after) : First;
        FirstDifference ??= at;
        LastDifference = at;
        of.First ??= at;
        of.Last = at;
        NewlyRefused += before.IsAllowed ? 1 : 0;
        of.NewlyRefused += before.IsAllowed ? 1 : 0;
        NewlyAllowed += after.IsAllowed ? 1 : 0;
        of.NewlyAllowed += after.IsAllowed ? 1 : 0;
    }

    private LimitDifference LimitOf(string server, string? limit)
    {
        string name = $"{server}: {limit ?? "(store away)"}";
        if (!_limits.TryGetValue(name, out LimitDifference? of))
        {
            _limits.Add(name, of = new LimitDifference());
        }

        return of;
    }

    /// <summary>What a limit rejected on each side.</summary>
    internal sealed class LimitDifference
    {
        internal long RefusedBefore { get; set; }

        internal long RefusedAfter { get; set; }
    }

    /// <summary>How the answers to a caller differ.</summary>
    internal sealed class CallerDifference
    {
        internal long Calls { get; set; }

        internal long NewlyRefused { get; set; }

        internal long NewlyAllowed { get; set; }

        internal long Otherwise { get; set; }

        internal long Different => NewlyRefused + NewlyAllowed + Otherwise;

        internal long OtherOutcome => NewlyRefused + NewlyAllowed;

        internal DateTimeOffset? First { get; set; }

        internal DateTimeOffset? Last { get; set; }
    }
}
