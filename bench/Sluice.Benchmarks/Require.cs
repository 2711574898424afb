namespace Sluice.Benchmarks;

/// <summary>Ends a benchmark that measured something else than its name says.</summary>
internal static class Require
{
    internal static void Outcome(RateLimitDecision decision, RateLimitOutcome expected)
    {
        if (decision.Outcome != expected)
        {
            throw new InvalidOperationException($"The benchmark measured '{decision.Outcome}', and means '{expected}'.");
        }
    }

    internal static void That(bool isSo, string otherwise)
    {
        if (!isSo)
        {
            throw new InvalidOperationException(otherwise);
        }
    }

    internal static void Acquired(bool isAcquired)
    {
        if (!isAcquired)
        {
            throw new InvalidOperationException("The baseline ran dry, so it measured refusals.");
        }
    }
}
