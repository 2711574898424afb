using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Sluice.Tests;

public class FingerprintTests
{
    [Fact]
    public void Of_PartsThatWouldRunTogether_Differ()
    {
        CallerIdentity[] callers =
        [
            new("ab", "c", null, null),
            new("a", "bc", null, null),
            new("", "abc", null, null),
            new("a", "b\0c", null, null),
            new("a\0b", "c", null, null),
            CallerIdentity.None,
        ];

        callers.Select(caller => caller.Fingerprint(LimitKey.PerUser)).Distinct().Count().ShouldBe(callers.Length);
    }

    [Fact]
    public void Of_OnePartInThreeScopes_Differs()
    {
        CallerIdentity caller = new("issuer", "same", "same", "same");

        Fingerprint[] fingerprints =
        [
            caller.Fingerprint(LimitKey.PerUser),
            caller.Fingerprint(LimitKey.PerTenant),
            caller.Fingerprint(LimitKey.PerClient),
        ];

        fingerprints.Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void Of_AbsentPart_IsOfNoIssuer()
    {
        CallerIdentity one = new("one", null, null, null);
        CallerIdentity other = new("other", null, "tenant", null);

        one.Fingerprint(LimitKey.PerUser).ShouldBe(other.Fingerprint(LimitKey.PerUser));
        one.Fingerprint(LimitKey.PerUser).ShouldNotBe(one.Fingerprint(LimitKey.PerClient));
        Fingerprint.Of(RateLimitScope.PerUser, "one", part: null)
            .ShouldBe(Fingerprint.Of(Fingerprint.Kind.Pool, (int)RateLimitScope.PerUser, "", ""));
    }

    [Fact]
    public void Of_LongTexts_AreHashedWhole()
    {
        string prefix = new('x', 2_000);

        Fingerprint.Of(RateLimitScope.PerUser, prefix, prefix + "1")
            .ShouldNotBe(Fingerprint.Of(RateLimitScope.PerUser, prefix, prefix + "2"));
    }

    [Fact]
    public void Fingerprint_EqualIdentities_AreEqual()
    {
        Fingerprint first = StoreFixture.User(1).Fingerprint(LimitKey.PerUser);

        StoreFixture.User(1).Fingerprint(LimitKey.PerUser).ShouldBe(first);
        StoreFixture.User(2).Fingerprint(LimitKey.PerUser).ShouldNotBe(first);
    }

    [Fact]
    public void Of_OneTextInThreeKinds_Differs()
    {
        Fingerprint[] fingerprints =
        [
            Fingerprint.Of(Fingerprint.Kind.Caller, 1, "first", "second"),
            Fingerprint.Of(Fingerprint.Kind.Pool, 1, "first", "second"),
            Fingerprint.Of(Fingerprint.Kind.Page, 1, "first", "second"),
        ];

        fingerprints.Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void Of_OneTextUnderTwoNumbers_Differs() => Fingerprint.Of(Fingerprint.Kind.Page, 1, "first", "second")
        .ShouldNotBe(Fingerprint.Of(Fingerprint.Kind.Page, 2, "first", "second"));

    // An attacker who knows how identities are hashed, and with which keys, could choose some that meet in one set.
    [Fact]
    public void Of_AnyText_IsHashedUnderASecret()
    {
        byte[] bytes = new byte[12 + (2 * "issuerpart".Length)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)Fingerprint.Kind.Caller);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), (int)RateLimitScope.PerUser);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), "issuer".Length);
        MemoryMarshal.AsBytes("issuerpart".AsSpan()).CopyTo(bytes.AsSpan(12));

        Fingerprint fingerprint = Fingerprint.Of(RateLimitScope.PerUser, "issuer", "part");

        fingerprint.ShouldNotBe(Unkeyed());

        Fingerprint Unkeyed()
        {
            (ulong low, ulong high) = SipHash128.Hash(0, 0, bytes);
            return new Fingerprint(low, high);
        }
    }

    [Fact]
    public void Of_LongTexts_AllocatesNothingAndLeavesNoneOfThemInThePool()
    {
        const int Bytes = 12 + (2 * 4_000);
        string text = new('x', 2_000);

        Allocations.Least(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                _ = Fingerprint.Of(Fingerprint.Kind.Caller, 1, text, text);
            }
        }).ShouldBe(0);

        byte[] rented = ArrayPool<byte>.Shared.Rent(Bytes); // The last one given back by this thread.
        rented.ShouldAllBe(b => b == 0);
        ArrayPool<byte>.Shared.Return(rented);
    }

    [Fact]
    public void CallerFingerprints_KnownCaller_IsNotHashedAgain()
    {
        CallerFingerprints fingerprints = default;
        CallerIdentity alice = new("issuer", "alice", "acme", "agent");
        CallerIdentity bob = new("issuer", "bob", "zeta", "robot");
        LimitKey[] keys = [LimitKey.PerUser, LimitKey.PerTenant, LimitKey.PerClient];
        foreach (LimitKey key in keys)
        {
            Fingerprint first = fingerprints.Of(alice, key);

            first.ShouldBe(alice.Fingerprint(key));
            fingerprints.Of(bob, key).ShouldBe(first); // They are kept beside one identity, and never asked for another.
            bob.Fingerprint(key).ShouldNotBe(first);
        }
    }

    [Fact]
    public void Fingerprint_ManyCallers_IsNeverZeroInItsFirstHalf()
    {
        ulong[] halves = [.. Enumerable.Range(0, 1_000).Select(i => StoreFixture.User(i).Fingerprint(LimitKey.PerUser).Low)];

        halves.ShouldAllBe(half => (half & 1) == 1);
        halves.Distinct().Count().ShouldBe(1_000);
    }
}
