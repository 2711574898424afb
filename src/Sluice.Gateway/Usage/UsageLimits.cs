using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Sluice.Gateway;

/// <summary>Finds all limits that can apply to calls of one caller.</summary>
/// <remarks>
/// It selects for each operation that the configuration names, and for one that it does not name, and puts the limits together. The
/// result is the same for every caller of a class, so it is kept; the number of results that are kept is bounded.
/// Thread safety: any number of threads.
/// </remarks>
/// <param name="policy">The limits of the server.</param>
internal sealed class UsageLimits(RateLimitPolicy policy)
{
    private const int MaxKept = 256;

    private static readonly OperationKind[] NamedKinds =
        [OperationKind.Tool, OperationKind.Prompt, OperationKind.Resource, OperationKind.Method];

    private readonly (string Method, string Name, string? Backend)[] _operations = [.. OperationsOf(policy.Settings).Distinct()];
    private ConcurrentDictionary<Selection, ApplicableLimits[]> _kept = new();

    /// <summary>The limits, each once, in groups of which each can be asked for at once.</summary>
    internal ApplicableLimits[] Of(CallerIdentity caller)
    {
        Selection selection = new(
            [.. _operations.Select(operation => policy.SelectFor(operation.Method, operation.Name, operation.Backend, caller))]);
        if (_kept.TryGetValue(selection, out ApplicableLimits[]? kept))
        {
            return kept;
        }

        if (_kept.Count >= MaxKept)
        {
            _kept = new ConcurrentDictionary<Selection, ApplicableLimits[]>();
        }

        return _kept.GetOrAdd(selection, [.. Combine(selection, caller)]);
    }

    private IEnumerable<ApplicableLimits> Combine(Selection selection, CallerIdentity caller)
    {
        ILookup<bool, RateLimit> limits = selection.Parts
            .SelectMany(part => part.Limits.ToArray())
            .DistinctBy(limit => limit.Name, StringComparer.Ordinal)
            .ToLookup(limit => policy.Settings.MissingIdentity != MissingIdentity.Reject || limit.Key.IsKnown(caller));
        return limits[true]
            .Chunk(ApplicableLimits.MaxCount)
            .Select(some => new ApplicableLimits(some, cost: 1))
            .Concat(limits[false].Select(limit => new ApplicableLimits([limit], cost: 1, identityRequiredBy: limit)));
    }

    // A glob matches itself, so its own text is a name that it matches.
    private static IEnumerable<(string Method, string Name, string? Backend)> OperationsOf(RateLimitingSettings settings)
    {
        yield return (Methods.ToolsCall, "", null);
        foreach (OperationSettings backend in settings.Backends)
        {
            yield return (Methods.ToolsCall, "", backend.Name);
        }

        foreach (OperationKind kind in NamedKinds)
        {
            IEnumerable<string> names = settings[kind].Select(entry => entry.Name)
                .Concat(settings.Limits.SelectMany(limit => limit.When[kind]));
            foreach (string name in names)
            {
                yield return kind == OperationKind.Method ? (name.Trim(), "", null) : (Methods.Of(kind), name.Trim(), null);
            }
        }
    }

    /// <summary>What was selected for each operation.</summary>
    private readonly record struct Selection(ApplicableLimits[] Parts)
    {
        public bool Equals(Selection other) => Parts.AsSpan().SequenceEqual(other.Parts);

        public override int GetHashCode() =>
            Parts.Aggregate(0, static (hash, part) => HashCode.Combine(hash, RuntimeHelpers.GetHashCode(part)));
    }
}
