using System.Collections.Immutable;
using System.Text;

namespace Sluice.StoreContracts;

/// <summary>What happens to one store: policies that replace one another, and calls between them.</summary>
/// <param name="StartTicks">Where the clock stands when the store is made, in ticks of 100 ns after that of a new clock.</param>
/// <param name="Policies">The policies; a step under another one than the step before is a live change.</param>
/// <param name="Steps">What happens, in order.</param>
/// <remarks>Thread safety: immutable.</remarks>
public sealed record History(long StartTicks, ImmutableArray<HistoryPolicy> Policies, ImmutableArray<HistoryStep> Steps)
{
    /// <summary>The callers: one without an identity, two users of one tenant, and a user with an empty name.</summary>
    public static ImmutableArray<CallerIdentity> Callers { get; } =
    [
        CallerIdentity.None,
        new CallerIdentity("https://issuer.example", "alice", "acme", "desktop"),
        new CallerIdentity("https://issuer.example", "bob", "acme", "desktop"),
        new CallerIdentity("", "anonymous", "anonymous", "anonymous"),
    ];

    /// <summary>The history as a script to read.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.Append("from tick ").Append(StartTicks).AppendLine();
        for (int i = 0; i < Policies.Length; i++)
        {
            text.Append("policy ").Append(i).Append(": ").Append(Policies[i]).AppendLine();
        }

        for (int i = 0; i < Steps.Length; i++)
        {
            text.Append("step ").Append(i).Append(": ").Append(Steps[i]).AppendLine();
        }

        return text.ToString();
    }
}
