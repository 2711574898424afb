using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Gateway;

/// <summary>Names of callers that tell nothing without the salt: the same for the same caller, as long as the salt is the same.</summary>
/// <remarks>
/// <para>
/// A name is the first 64 bits of HMAC-SHA-256 over the kind of the part and its text, with the salt as the key, in hexadecimal. So
/// without the salt it is not possible to test whether a name is that of a certain person.
/// </para>
/// <para>Names are kept for the callers that were seen last; their number is bounded.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal sealed class CallerHashes
{
    private const int MaxKept = 8_192;
    private const int NameBytes = 8;
    private const int UsualLength = 512;

    private readonly byte[] _salt;
    private ConcurrentDictionary<CallerIdentity, HashedCaller> _kept = new();

    /// <param name="salt">The salt; at least 16 bytes.</param>
    internal CallerHashes(ReadOnlySpan<byte> salt) => _salt = salt.ToArray();

    /// <summary>The names of a caller.</summary>
    internal HashedCaller Of(CallerIdentity caller)
    {
        ConcurrentDictionary<CallerIdentity, HashedCaller> kept = _kept;
        if (kept.TryGetValue(caller, out HashedCaller? known))
        {
            return known;
        }

        HashedCaller hashed = Compute(caller);
        if (kept.Count >= MaxKept)
        {
            _kept = kept = new ConcurrentDictionary<CallerIdentity, HashedCaller>(); // Entries expire, so that no identity stays in memory.
        }

        kept[caller] = hashed;
        return hashed;
    }

    /// <summary>The name of one part.</summary>
    /// <param name="part">Which part.</param>
    /// <param name="text">Its text, as identities spell it.</param>
    internal string OfPart(CallerPart part, string text) => Name(part.ToString(), text);

    /// <summary>The name of a claim's value.</summary>
    internal string OfClaim(string name, string value) => Name("Claim", name, value);

    /// <summary>The name of the caller's user, among all issuers and tenants; null where there is none.</summary>
    internal string? OfUser(CallerIdentity caller) =>
        caller.Subject is null ? null : Name("Caller", caller.Issuer, caller.UserTenant ?? "", caller.Subject);

    /// <summary>The name of the caller's client, among all issuers; null where there is none.</summary>
    internal string? OfClient(CallerIdentity caller) =>
        caller.Client is null ? null : Name("CallingClient", caller.Issuer, caller.Client);

    /// <summary>The name of the caller's tenant, among all issuers; null where there is none.</summary>
    internal string? OfTenant(CallerIdentity caller) =>
        caller.Tenant is null ? null : Name("CallingTenant", caller.Issuer, caller.Tenant);

    /// <summary>
    /// A condition on callers as one on their names, so that a policy selects hashed callers as it selects the real ones.
    /// </summary>
    internal CallerCondition Of(CallerCondition condition) => condition with
    {
        Users = Of(CallerPart.User, condition.Users),
        Tenants = Of(CallerPart.Tenant, condition.Tenants),
        Clients = Of(CallerPart.Client, condition.Clients),
        Claims =
        [
            .. condition.Claims.Select(claim => claim with
            {
                Values = [.. claim.Values.Select(value => OfClaim(claim.Name, CallerIdentity.Normalize(value)))],
            }),
        ],
    };

    private ImmutableArray<string> Of(CallerPart part, ImmutableArray<string> values) =>
        [.. values.Select(value => OfPart(part, CallerIdentity.Normalize(value)))];

    private HashedCaller Compute(CallerIdentity caller) => new()
    {
        Caller = OfUser(caller) ?? OfClient(caller) ?? OfTenant(caller),
        Issuer = caller.Issuer.Length == 0 ? null : OfPart(CallerPart.Issuer, caller.Issuer),
        User = caller.Subject is null ? null : OfPart(CallerPart.User, caller.Subject),
        Tenant = caller.Tenant is null ? null : OfPart(CallerPart.Tenant, caller.Tenant),
        Client = caller.Client is null ? null : OfPart(CallerPart.Client, caller.Client),
        SpansTenants = caller.UserSpansTenants,
        Claims =
        [
            .. caller.Claims.Select(claim => new HashedClaim(claim.Name, [.. claim.Values.Select(value => OfClaim(claim.Name, value))])),
        ],
    };

    // Each part with its length in front, so that no two lists of parts give the same text.
    private string Name(params ReadOnlySpan<string> parts)
    {
        int length = 0;
        foreach (string part in parts)
        {
            length += sizeof(int) + Encoding.UTF8.GetByteCount(part);
        }

        Span<byte> text = length <= UsualLength ? stackalloc byte[length] : new byte[length];
        int at = 0;
        foreach (string part in parts)
        {
            int bytes = Encoding.UTF8.GetBytes(part, text[(at + sizeof(int))..]);
            BinaryPrimitives.WriteInt32BigEndian(text[at..], bytes);
            at += sizeof(int) + bytes;
        }

        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_salt, text, hash);
        return Convert.ToHexStringLower(hash[..NameBytes]);
    }
}

/// <summary>A part of a caller's identity.</summary>
internal enum CallerPart
{
    /// <summary>The issuer of the other parts.</summary>
    Issuer = 0,

    /// <summary>The user.</summary>
    User = 1,

    /// <summary>The tenant.</summary>
    Tenant = 2,

    /// <summary>The OAuth client.</summary>
    Client = 3,
}

/// <summary>The names of a caller; null for what the caller does not have.</summary>
internal sealed record HashedCaller
{
    /// <summary>The name of a caller about whom nothing is known.</summary>
    internal static HashedCaller None { get; } = new();

    /// <summary>The one name under which the caller is shown: of the user, else of the client, else of the tenant.</summary>
    internal string? Caller { get; init; }

    internal string? Issuer { get; init; }

    internal string? User { get; init; }

    internal string? Tenant { get; init; }

    internal string? Client { get; init; }

    internal bool SpansTenants { get; init; }

    internal ImmutableArray<HashedClaim> Claims { get; init; } = [];

    /// <summary>The name under which reports show the caller: of the user, else of the client, else of the tenant.</summary>
    internal string Shown => User ?? Client ?? Tenant ?? "(no identity)";

    /// <summary>An identity that is made of the names: two are equal exactly if the callers' identities are.</summary>
    internal CallerIdentity ToIdentity()
    {
        CallerIdentity identity = new(Issuer ?? "", User, Tenant, Client) { UserSpansTenants = SpansTenants };
        foreach (HashedClaim claim in Claims)
        {
            identity = identity.WithClaim(claim.Name, claim.Values);
        }

        return identity;
    }
}

/// <summary>A claim with the names of its values.</summary>
/// <param name="Name">The claim's own name, which the configuration has.</param>
/// <param name="Values">The names of its values.</param>
internal sealed record HashedClaim(string Name, ImmutableArray<string> Values)
{
    public bool Equals(HashedClaim? other) => other is not null && Name == other.Name && Values.SequenceEqual(other.Values);

    public override int GetHashCode() => HashCode.Combine(Name, Values.Length);
}
