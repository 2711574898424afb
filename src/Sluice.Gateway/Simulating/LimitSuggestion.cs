namespace Sluice.Gateway;

/// <summary>The smallest round number of a limit that rejects at most a share of the calls to which it applies.</summary>
/// <param name="Server">The server's name.</param>
/// <param name="Limit">The limit's name.</param>
/// <param name="Rate">Its numbers now.</param>
/// <param name="Share">The share that it rejects alone with its numbers now, from 0 to 1.</param>
/// <param name="Suggested">The rate with the number that is suggested; null where no number rejects so few.</param>
/// <param name="SuggestedShare">The share that it rejects then.</param>
/// <param name="Smaller">The rate with the next smaller round number; null where there is none.</param>
/// <param name="SmallerShare">The share that it rejects then.</param>
internal sealed record LimitSuggestion(
    string Server, string Limit, string Rate, double Share, string? Suggested, double? SuggestedShare, string? Smaller, double? SmallerShare)
{
    /// <summary>The suggestion in a line.</summary>
    public override string ToString() =>
        $"{Limit}: {Rate} alone rejects {SimulationText.Percent(Share)}. "
        + (Suggested is null
            ? "No number rejects so few."
            : $"{Suggested} would reject {SimulationText.Percent(SuggestedShare!.Value)}"
                + (Smaller is null ? "." : $", and {Smaller} would reject {SimulationText.Percent(SmallerShare!.Value)}."));
}
