namespace Sluice;

/// <summary>The questions about callers that a policy asks, each once, while the policy is compiled.</summary>
internal sealed class CallerTests
{
    /// <summary>As many different questions as a policy may ask.</summary>
    internal const int Most = 4_096;

    private readonly List<CallerTest> _tests = [];
    private readonly Dictionary<LimitKeyPart, int> _byPart = [];

    /// <summary>The questions in the order of their numbers.</summary>
    internal IReadOnlyList<CallerTest> All => _tests;

    /// <summary>The number of the question whether a caller matches a condition; -1 when every caller does.</summary>
    internal int NumberOf(CallerCondition condition)
    {
        if (condition.IsEmpty)
        {
            return -1;
        }

        CallerTest test = new(condition);
        int known = _tests.FindIndex(other => other.IsSameAs(test));
        return known >= 0 ? known : Add(test);
    }

    /// <summary>The number of the question whether a caller has a part.</summary>
    internal int NumberOf(LimitKeyPart part)
    {
        if (!_byPart.TryGetValue(part, out int number))
        {
            _byPart.Add(part, number = Add(new CallerTest(part)));
        }

        return number;
    }

    private int Add(CallerTest test)
    {
        _tests.Add(test);
        return _tests.Count - 1;
    }
}
