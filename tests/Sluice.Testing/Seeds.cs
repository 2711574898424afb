using System.Globalization;

namespace Sluice.Testing;

/// <summary>Seeds of random tests, which a run prints so that another can repeat it.</summary>
public static class Seeds
{
    /// <summary>The environment variable that sets the seed of every random test of a run.</summary>
    public const string Variable = "SLUICE_SEED";

    /// <summary>The seed that the environment sets, or else this one; printed.</summary>
    public static int Announce(int seed)
    {
        int used = FromEnvironment() ?? seed;
        Console.WriteLine($"{Variable}={used.ToString(CultureInfo.InvariantCulture)}");
        return used;
    }

    /// <summary>The seed that the environment sets, or else a new one; printed.</summary>
    public static int AnnounceAny() => Announce(Random.Shared.Next());

    private static int? FromEnvironment() =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
