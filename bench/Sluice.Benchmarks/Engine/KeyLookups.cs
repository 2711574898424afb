using System.Globalization;
using Sluice.Gateway;

namespace Sluice.Benchmarks;

/// <summary>From an API key that a caller sent to the caller: among 100,000 keys that are used in random order, and among 10.</summary>
/// <remarks>Both read their keys from as many texts, so that the texts are equally far from the processor.</remarks>
internal static class KeyLookups
{
    private const int Few = 10;

    /// <summary>The time of a look-up among the many keys over that among the few.</summary>
    internal static double Ratio()
    {
        Console.WriteLine("Measuring look-ups of API keys...");
        Turns turns = Turns.Of(LookUp(ApiKeyFiles.Many), LookUp(Few));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  among {ApiKeyFiles.Many:N0} keys {turns.Nanoseconds:0} ns, among {Few} keys {turns.OfBaseline:0} ns"));
        return turns.Ratio;
    }

    private static Func<int, int> LookUp(int count)
    {
        KnownKeys keys = new(ApiKeyFiles.Load(count), userSpansTenants: false, claimNames: []);
        Require.That(keys.Find("sluice_") is null, "A text that is not a key was found.");
        Require.That(Enumerable.Range(0, count).All(caller => keys.Find(ApiKeyFiles.Key(caller)) is not null), "A key was not found.");
        string[] sent = [.. Callers.UniformOrder(count).Take(ApiKeyFiles.Many).Select(ApiKeyFiles.Key)];
        int next = 0;
        return lookUps =>
        {
            int found = 0;
            for (int i = 0; i < lookUps; i++)
            {
                next = next + 1 == sent.Length ? 0 : next + 1;
                found += keys.Find(sent[next]) is not null ? 1 : 0;
            }

            return found;
        };
    }
}
