using System.Diagnostics.CodeAnalysis;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The words of a recorded line.</summary>
internal static class RecordWords
{
    internal const string Reset = "reset";
    internal const string Again = "again";

    /// <summary>How much of a name that a caller chose is written.</summary>
    internal const int MaxNameLength = 4_096;

    private static readonly Dictionary<RateLimitOutcome, string> Outcomes = new()
    {
        [RateLimitOutcome.Allowed] = "allowed",
        [RateLimitOutcome.Denied] = "refused",
        [RateLimitOutcome.Unsatisfiable] = "unsatisfiable",
    };

    private static readonly Dictionary<StoreChange, string> Changes = new()
    {
        [StoreChange.Refund] = "refund",
        [StoreChange.Cancel] = "cancel",
        [StoreChange.Release] = "release",
        [StoreChange.Charge] = "charge",
    };

    internal static string Of(RateLimitOutcome outcome) => Outcomes[outcome];

    internal static string Of(StoreChange change) => Changes[change];

    internal static string SourceOf(RecordedCall call) => CallLabels.Text(
        call.LacksIdentity
            ? CallSource.None
            : CallLabels.SourceOf(new RateLimitDecision { Outcome = call.Outcome, Source = call.Source }));

    internal static bool TryReadOutcome(string? word, out RateLimitOutcome outcome) => TryFind(Outcomes, word, out outcome);

    internal static bool TryReadChange(string? word, out StoreChange change) => TryFind(Changes, word, out change);

    /// <summary>Who decided, and whether no store was asked.</summary>
    internal static (DecisionSource Source, bool LacksIdentity)? ReadSource(string word) => word switch
    {
        "store" => (DecisionSource.Store, false),
        "local" => (DecisionSource.Local, false),
        "open" or "closed" => (DecisionSource.OnStoreFailure, false),
        "none" => (default, true),
        _ => null,
    };

    private static bool TryFind<T>(Dictionary<T, string> words, string? word, [MaybeNullWhen(false)] out T value)
        where T : struct
    {
        foreach ((T key, string text) in words)
        {
            if (text == word)
            {
                value = key;
                return true;
            }
        }

        value = default;
        return false;
    }
}
