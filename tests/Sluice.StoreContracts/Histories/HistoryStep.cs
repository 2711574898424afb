namespace Sluice.StoreContracts;

/// <summary>One step of a history: the clock moves, then a caller asks the store.</summary>
/// <param name="Wait">From where the time counts.</param>
/// <param name="Ticks">Ticks of 100 ns to move the clock by, from there; below zero it may step back.</param>
/// <param name="Verb">What is asked.</param>
/// <param name="Caller">Who asks, as an index into <see cref="History.Callers"/>.</param>
/// <param name="Policy">Which policy holds now, as an index into <see cref="History.Policies"/>.</param>
/// <param name="Cost">Tokens, at least 1.</param>
public sealed record HistoryStep(HistoryWait Wait, long Ticks, HistoryVerb Verb, int Caller, int Policy, int Cost)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        string when = Wait switch
        {
            HistoryWait.FromNow => $"{Ticks:+0;-0;+0}",
            HistoryWait.FromRetry => $"retry{Ticks:+0;-0;+0}",
            _ => $"reset{Ticks:+0;-0;+0}",
        };
        return $"{when} ticks: {Verb} {Cost} by caller {Caller} under policy {Policy}";
    }
}
