using System.Collections.Immutable;

namespace Sluice;

/// <summary>The caller, as verified: a user, and where they are known a tenant and a client.</summary>
/// <remarks>
/// <para>
/// Every part is qualified by its issuer: <c>alice</c> of one issuer is never <c>alice</c> of another.
/// A user is also qualified by the tenant, where one is known and <see cref="UserSpansTenants"/> is not set.
/// An absent part is null; it is never confused with any text, <c>"anonymous"</c> included.
/// </para>
/// <para>
/// Verified claims of the caller may come with it (<see cref="WithClaim"/>), for limits and overrides that name them.
/// </para>
/// <para>Parts compare exactly, by ordinal. Bring them into one spelling by <see cref="Normalize"/> before.</para>
/// <para><see cref="ToString"/> contains no name, so that an identity cannot reach a log by accident.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
public sealed class CallerIdentity : IEquatable<CallerIdentity>
{
    private readonly ImmutableArray<CallerClaim> _claims = [];
    private CallerFingerprints _fingerprints;
    private CallerClassMemory _classes;
    private int _hashCode; // 0 until it is asked for.

    /// <summary>An identity.</summary>
    /// <param name="issuer">The issuer of the parts; the empty text for callers that this process knows by itself.</param>
    /// <param name="subject">The user, or null.</param>
    /// <param name="tenant">The tenant, or null.</param>
    /// <param name="client">The OAuth client or agent, or null.</param>
    /// <exception cref="ArgumentNullException"><paramref name="issuer"/> is null.</exception>
    /// <exception cref="ArgumentException">A part is empty: use null for an absent one.</exception>
    public CallerIdentity(string issuer, string? subject, string? tenant, string? client)
    {
        ArgumentNullException.ThrowIfNull(issuer);
        ThrowIfEmpty(subject, nameof(subject));
        ThrowIfEmpty(tenant, nameof(tenant));
        ThrowIfEmpty(client, nameof(client));
        Issuer = issuer;
        Subject = subject;
        Tenant = tenant;
        Client = client;
    }

    private CallerIdentity(CallerIdentity caller, ImmutableArray<CallerClaim> claims)
        : this(caller.Issuer, caller.Subject, caller.Tenant, caller.Client)
    {
        UserSpansTenants = caller.UserSpansTenants;
        _claims = claims;
    }

    /// <summary>A caller about whom nothing is known.</summary>
    public static CallerIdentity None { get; } = new("", null, null, null);

    /// <summary>The issuer of the other parts.</summary>
    public string Issuer { get; }

    /// <summary>The user, or null.</summary>
    public string? Subject { get; }

    /// <summary>The tenant, or null.</summary>
    public string? Tenant { get; }

    /// <summary>The OAuth client or agent, or null.</summary>
    public string? Client { get; }

    /// <summary>
    /// Whether the user is the same in every tenant of the issuer, so that <see cref="RateLimitScope.PerUser"/> does not count
    /// each tenant of a user separately.
    /// </summary>
    /// <value>The default is false.</value>
    public bool UserSpansTenants { get; init; }

    /// <summary>The tenant that belongs to the user's name; null when there is none, or when it does not count.</summary>
    internal string? UserTenant => UserSpansTenants ? null : Tenant;

    /// <summary>The same caller with a verified claim, which replaces a claim of that name.</summary>
    /// <param name="name">The claim's name.</param>
    /// <param name="values">
    /// Its values, which are a set: order and repetition do not matter. Each is brought into one spelling by
    /// <see cref="Normalize"/>. A claim without a value that is more than white space is absent.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument, or a value, is null.</exception>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public CallerIdentity WithClaim(string name, params IEnumerable<string> values)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        ImmutableArray<string> set =
            [.. values.Select(Normalize).Where(value => value.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        IEnumerable<CallerClaim> claims = _claims.Where(claim => claim.Name != name);
        return new CallerIdentity(
            this,
            [.. (set.IsEmpty ? claims : claims.Append(new CallerClaim(name, set))).OrderBy(claim => claim.Name, StringComparer.Ordinal)]);
    }

    /// <summary>The claims, by name in ordinal order.</summary>
    internal ImmutableArray<CallerClaim> Claims => _claims;

    /// <summary>The values of a claim, each once, in ordinal order; none when the caller does not have the claim.</summary>
    /// <param name="name">The claim's name.</param>
    public ImmutableArray<string> Claim(string name) => FindClaim(name)?.Values ?? [];

    /// <summary>A part in the one spelling that it has: Unicode's form NFC, without surrounding white space; otherwise exact.</summary>
    /// <param name="part">A verified part of the identity.</param>
    /// <returns>The part, which may be empty now.</returns>
    /// <remarks>It does not depend on ICU, without which the framework's own normalisation changes nothing.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="part"/> is null.</exception>
    public static string Normalize(string part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return NormalFormC.Of(part.Trim());
    }

    /// <summary>The part that a scope asks for; null when it is absent, and for <see cref="RateLimitScope.Shared"/>.</summary>
    /// <remarks>It does not identify a caller by itself: the issuer belongs to it, and to a user the tenant.</remarks>
    public string? Part(RateLimitScope scope) => scope switch
    {
        RateLimitScope.Shared => null,
        RateLimitScope.PerTenant => Tenant,
        RateLimitScope.PerUser => Subject,
        RateLimitScope.PerClient => Client,
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope."),
    };

    /// <summary>The fingerprint of this process for the parts that a key asks for, or for their absence.</summary>
    internal Fingerprint Fingerprint(LimitKey key) => _fingerprints.Of(this, key);

    /// <summary>The number of the caller's class among those of a policy; below 0 when it is not known yet.</summary>
    internal int ClassOf(object classes) => _classes.Find(classes);

    /// <summary>Remembers the number of the caller's class.</summary>
    internal void RememberClass(object classes, int number) => _classes.Add(classes, number);

    /// <summary>Whether the caller has a part.</summary>
    internal bool Has(LimitKeyPart part) => part.Rank switch
    {
        0 => Tenant is not null,
        1 => Subject is not null,
        2 => Client is not null,
        _ => FindClaim(part.Claim!) is not null,
    };

    /// <summary>The claim of a name; null when the caller does not have it.</summary>
    internal CallerClaim? FindClaim(string name)
    {
        foreach (CallerClaim claim in _claims)
        {
            if (claim.Name == name)
            {
                return claim;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public bool Equals(CallerIdentity? other) =>
        other is not null
        && Issuer == other.Issuer
        && Subject == other.Subject
        && Tenant == other.Tenant
        && Client == other.Client
        && UserSpansTenants == other.UserSpansTenants
        && _claims.AsSpan().SequenceEqual(other._claims.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CallerIdentity);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hashCode == 0)
        {
            _hashCode = HashCode.Combine(Issuer, Subject, Tenant, Client);
        }

        return _hashCode;
    }

    /// <summary>The kinds of the parts that are known, and none of their values.</summary>
    public override string ToString() =>
        $"CallerIdentity({(Subject is null ? "no user" : "user")}, {(Tenant is null ? "no tenant" : "tenant")}, "
        + $"{(Client is null ? "no client" : "client")})";

    private static void ThrowIfEmpty(string? part, string name)
    {
        if (part is { Length: 0 })
        {
            throw new ArgumentException("An identity's part must not be empty. Use null for an absent one.", name);
        }
    }
}
