namespace Sluice.EndToEnd;

/// <summary>What one run of the conformance suite found.</summary>
/// <param name="Program">What the suite printed; its exit code is 0 when the server has all that the revision requires.</param>
/// <param name="Scenarios">By name, each check of a scenario on a line, with its status.</param>
internal sealed record ConformanceRun(ProgramResult Program, SortedDictionary<string, string> Scenarios)
{
    /// <summary>The end of what the suite printed: a line a scenario, the totals, and what is not scored.</summary>
    internal string Summary => Program.Output[Program.Output.IndexOf("=== SUMMARY", StringComparison.Ordinal)..];

    /// <summary>The scenarios that came to something else in another run, with what they came to in both.</summary>
    internal IEnumerable<string> DifferencesFrom(ConformanceRun other) =>
        from name in Scenarios.Keys.Union(other.Scenarios.Keys)
        let mine = Scenarios.GetValueOrDefault(name, "did not run")
        let theirs = other.Scenarios.GetValueOrDefault(name, "did not run")
        where mine != theirs
        select $"{name}\n--- here\n{mine}\n--- there\n{theirs}\n";
}
