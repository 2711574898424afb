namespace Sluice;

/// <summary>The limits of one key on one target: one for each rate, and those that overrides put in their place.</summary>
/// <param name="Key">What they count by.</param>
/// <param name="Limits">The limits of callers for whom no override is.</param>
/// <param name="Order">The place in the order of a policy.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record LimitGroup(LimitKey Key, RateLimit[] Limits, int Order)
{
    /// <summary>Where the limits are written, from the root of the settings: <c>tools[0].perUser</c>.</summary>
    internal required string Path { get; init; }

    /// <summary>
    /// The overrides, the first one first: the number of the question whether it is for a caller, the limits then, and where it is written.
    /// </summary>
    internal (int Test, RateLimit[] Limits, string Path)[] Overrides { get; init; } = [];

    /// <summary>The number of the question whether it counts a caller at all; -1 when it counts every caller.</summary>
    internal int Test { get; init; } = -1;

    /// <summary>What it is about, for an entry of <c>limits</c>; else null.</summary>
    internal NamedLimit? Named { get; init; }

    /// <summary>The numbers of the questions whether a caller has each part of the key.</summary>
    internal int[] PartTests { get; init; } = [];

    /// <summary>Whether its limits depend on more than which of tenant, user and client is known.</summary>
    internal bool DependsOnCaller => Test >= 0 || Overrides.Length > 0;

    /// <summary>All limits, those of overrides included.</summary>
    internal RateLimit[] All => Overrides.Length == 0 ? Limits : [.. Limits, .. Overrides.SelectMany(other => other.Limits)];

    /// <summary>The most limits that one caller has of it.</summary>
    internal int Most => Overrides.Length == 0 ? Limits.Length : Math.Max(Limits.Length, Overrides.Max(other => other.Limits.Length));

    /// <summary>Which limits a caller has: 0 for those without an override, then by override; -1 for none.</summary>
    internal int Choose(ReadOnlySpan<ulong> answers)
    {
        if (Test >= 0 && !CallerClasses.Passes(answers, Test))
        {
            return -1;
        }

        for (int i = 0; i < Overrides.Length; i++)
        {
            if (CallerClasses.Passes(answers, Overrides[i].Test))
            {
                return i + 1;
            }
        }

        return 0;
    }

    /// <summary>The limits of a choice.</summary>
    internal RateLimit[] Chosen(int choice) => choice < 0 ? [] : choice == 0 ? Limits : Overrides[choice - 1].Limits;

    /// <summary>Whether a caller has every part of the key.</summary>
    internal bool IsKnown(ReadOnlySpan<ulong> answers)
    {
        foreach (int test in PartTests)
        {
            if (!CallerClasses.Passes(answers, test))
            {
                return false;
            }
        }

        return true;
    }
}
