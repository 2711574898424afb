using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sluice.Configuration.Tests;

/// <summary>The table of API keys.</summary>
public sealed class ApiKeyTableTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(5_000)]
    public void TryFind_KeysThatAreThereAndKeysThatAreNot_FindsExactlyThoseThatAreThere(int count)
    {
        ApiKeyTable table = ApiKeyTable.Create(Enumerable.Range(0, count).Select(index => Key(DigestOf(index), $"user-{index}")));

        table.Count.ShouldBe(count);
        table.IsEmpty.ShouldBe(count == 0);
        for (int index = 0; index < count; index++)
        {
            table.TryFind(DigestOf(index), out int found).ShouldBeTrue();
            found.ShouldBe(index);
            table[found].User.ShouldBe($"user-{index}");
            table.TryFind(DigestOf(count + index), out found).ShouldBeFalse();
            found.ShouldBe(-1);
        }
    }

    [Fact]
    public void TryFind_DigestsWithTheSameBeginning_AreToldApart()
    {
        // They all begin their search at the last slot, so that it goes on at the first.
        byte[][] digests = [.. Enumerable.Range(0, 100).Select(index =>
        {
            byte[] digest = new byte[SHA256.HashSizeInBytes];
            digest.AsSpan(0, 16).Fill(0xFF);
            BinaryPrimitives.WriteInt32LittleEndian(digest.AsSpan(28), index);
            return digest;
        })];
        ApiKeyTable table = ApiKeyTable.Create(digests.Take(99).Select((digest, index) => Key(digest, $"user-{index}")));

        for (int index = 0; index < 99; index++)
        {
            table.TryFind(digests[index], out int found).ShouldBeTrue();
            found.ShouldBe(index);
        }

        table.TryFind(digests[99], out _).ShouldBeFalse();
    }

    [Fact]
    public void TryFind_HashOfNothingZerosAndOtherLengths_AreNotThere()
    {
        ApiKeyTable table = ApiKeyTable.Create([Key(DigestOf(0), "a")]);

        table.TryFind(new byte[SHA256.HashSizeInBytes], out _).ShouldBeFalse();
        table.TryFind(SHA256.HashData([]), out _).ShouldBeFalse();
        ApiKeyTable.Empty.TryFind(SHA256.HashData([]), out _).ShouldBeFalse();
        table.TryFind(DigestOf(0).AsSpan(0, 31), out _).ShouldBeFalse();
        table.TryFind([], out _).ShouldBeFalse();
        ApiKeyTable.Empty.TryFind(DigestOf(0), out _).ShouldBeFalse();
    }

    [Fact]
    public void Item_EveryFieldOfAKey_ComesBack()
    {
        ApiKey[] keys =
        [
            Key(DigestOf(0), new string('é', 200)) with { Tenant = "acme", Name = new string('n', 127), Scopes = ["a", "b"] },
            Key(DigestOf(1), "b") with { Tenant = "acme", Name = string.Concat(Enumerable.Repeat("𝒳", 128)), Scopes = ["a", "b"] },
            Key(DigestOf(2), "c") with { Tenant = "acme", Scopes = ["ab"] },
            Key(DigestOf(3), "d") with { Scopes = ["acme", "a"] },
            Key(DigestOf(4), "e") with { Tenant = "acme\n1:a" },
        ];

        ApiKeyTable table = ApiKeyTable.Create(keys);

        table.Select(Shown).ShouldBe(keys.Select(Shown));
        ReferenceEquals(table[0].Tenant, table[1].Tenant).ShouldBeTrue("texts that keys share are stored once");
    }

    [Fact]
    public void Create_KeysThatItCannotHold_Throws()
    {
        Should.Throw<ArgumentException>(() => ApiKeyTable.Create([Key(DigestOf(0), "a"), Key(DigestOf(0), "b")]))
            .Message.ShouldStartWith("The keys 0 and 1 are the same.");
        Should.Throw<ArgumentException>(() => ApiKeyTable.Create([Key(DigestOf(0)[..31], "a")]))
            .Message.ShouldStartWith("The hash of key 0 does not have 32 bytes.");
        Should.Throw<ArgumentException>(() => ApiKeyTable.Create([Key(SHA256.HashData([]), "a")]))
            .Message.ShouldStartWith("The hash of key 0 is that of an empty text.");
        Should.Throw<ArgumentException>(() => ApiKeyTable.Create([Key(DigestOf(0), new string('a', 32_768))]))
            .Message.ShouldStartWith("The user or the name of key 0 is too long.");
        Should.Throw<ArgumentOutOfRangeException>(() => ApiKeyTable.Empty[0]);
    }

    [Fact]
    public void Create_HundredThousandKeys_TakesLessThan200BytesForEach()
    {
        const int Count = 100_000;

        ApiKeyTable table = ApiKeyTable.Create(Enumerable.Range(0, Count).Select(index =>
            Key(DigestOf(index), $"user-{index}@example.com") with { Tenant = $"tenant-{index % 500}", Scopes = ["files:read", "files:write"] }));

        table.Count.ShouldBe(Count);
        (RetainedBytes.Of(table) / Count).ShouldBeInRange(64, 199); // The hashes alone take 32 bytes, and half of their places are free.
    }

    private static byte[] DigestOf(int index)
    {
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, index);
        return SHA256.HashData(number);
    }

    private static ApiKey Key(byte[] digest, string user) => new() { User = user, Sha256 = [.. digest] };

    private static string Shown(ApiKey key) =>
        $"{key.User}|{key.Tenant}|{key.Name}|{string.Join(',', key.Scopes)}|{Convert.ToHexString(key.Sha256.AsSpan())}";
}
