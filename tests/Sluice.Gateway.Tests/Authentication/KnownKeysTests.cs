using System.Security.Cryptography;
using System.Text;
using Sluice.Documents;

namespace Sluice.Gateway.Tests;

/// <summary>Finding callers by their keys, by what was remembered of earlier look-ups and without it.</summary>
public sealed class KnownKeysTests
{
    // Their middle and their end are alike, so that what is remembered of one is remembered of all.
    private static readonly string[] Alike = [.. Enumerable.Range(0, 50).Select(number => $"{number:0000}-the-same-middle-and-end")];
    private static readonly string[] Others = [.. Enumerable.Range(0, 1_000).Select(number => $"sluice_{number}_{number * 7_919}")];
    private static readonly string[] Short = ["", "a", "b", "fifteen-letters", "sixteen-letters!"];

    [Fact]
    public void Find_KeysOfEveryForm_FindsTheCallerOfEachWheneverItIsAsked()
    {
        string[] all = [.. Alike, .. Others, .. Short.Skip(1)];
        KnownKeys keys = Table(all);

        for (int round = 0; round < 3; round++)
        {
            foreach (string key in round == 1 ? all.Reverse() : all)
            {
                keys.Find(key)!.Caller!.Subject.ShouldBe("user of " + key);
            }
        }
    }

    [Fact]
    public void Find_TextLikeAKeyThatWasUsed_FindsNoCaller()
    {
        KnownKeys keys = Table([.. Alike.Take(25)]);
        keys.Find(Alike[0]).ShouldNotBeNull();

        foreach (string key in (string[])[.. Alike.Skip(25), .. Short])
        {
            keys.Find(key).ShouldBeNull();
            keys.Find(Alike[0]).ShouldNotBeNull();
        }
    }

    private static KnownKeys Table(string[] keys)
    {
        ApiKeyTable table = ApiKeyTable.Create(keys.Select(key => new ApiKey
        {
            User = "user of " + key,
            Sha256 = [.. SHA256.HashData(Encoding.UTF8.GetBytes(key))],
        }));
        return new KnownKeys(table, userSpansTenants: false, claimNames: []);
    }
}
