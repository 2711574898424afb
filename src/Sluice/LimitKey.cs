using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>What a limit counts by: a set of parts of the caller's identity. Callers who agree in all of them share a bucket.</summary>
/// <remarks>
/// <para>The four scopes are keys: <c>[]</c>, <c>[tenant]</c>, <c>[user]</c> and <c>[client]</c>. The order of the parts does not
/// matter.</para>
/// <para>Two keys are equal when they have the same parts. Thread safety: immutable.</para>
/// </remarks>
[CollectionBuilder(typeof(LimitKey), nameof(Of))]
public sealed class LimitKey : IReadOnlyList<LimitKeyPart>, IEquatable<LimitKey>
{
    private readonly ImmutableArray<LimitKeyPart> _parts;

    private LimitKey(ImmutableArray<LimitKeyPart> parts)
    {
        _parts = parts;
        Form = parts switch
        {
            [] => LimitKeyForm.Shared,
            [{ Rank: 0 }] => LimitKeyForm.Tenant,
            [{ Rank: 1 }] => LimitKeyForm.User,
            [{ Rank: 2 }] => LimitKeyForm.Client,
            _ => LimitKeyForm.Other,
        };
    }

    /// <summary>No part: one bucket for all callers.</summary>
    public static LimitKey Shared { get; } = new([]);

    /// <summary>A bucket for each tenant.</summary>
    public static LimitKey PerTenant { get; } = new([LimitKeyPart.Tenant]);

    /// <summary>A bucket for each user.</summary>
    public static LimitKey PerUser { get; } = new([LimitKeyPart.User]);

    /// <summary>A bucket for each client.</summary>
    public static LimitKey PerClient { get; } = new([LimitKeyPart.Client]);

    /// <summary>How many parts there are.</summary>
    public int Count => _parts.Length;

    /// <summary>The scope of which this is the key; null for the key of no scope.</summary>
    public RateLimitScope? Scope => Form == LimitKeyForm.Other ? null : (RateLimitScope)Form;

    /// <summary>Which key it is, for code that must be fast.</summary>
    internal LimitKeyForm Form { get; }

    /// <summary>One of the parts: tenant, user, client, then claims by name.</summary>
    /// <exception cref="IndexOutOfRangeException"><paramref name="index"/> is not below <see cref="Count"/>.</exception>
    public LimitKeyPart this[int index] => _parts[index];

    /// <summary>The key of a scope.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not a scope.</exception>
    public static LimitKey Of(RateLimitScope scope) => scope switch
    {
        RateLimitScope.Shared => Shared,
        RateLimitScope.PerTenant => PerTenant,
        RateLimitScope.PerUser => PerUser,
        RateLimitScope.PerClient => PerClient,
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope."),
    };

    /// <summary>A key of parts, in any order.</summary>
    /// <exception cref="ArgumentException">A part is null, or there twice.</exception>
    public static LimitKey Of(params ReadOnlySpan<LimitKeyPart> parts)
    {
        LimitKeyPart[] sorted = parts.ToArray();
        if (sorted.Contains(null) || sorted.Distinct().Count() != sorted.Length)
        {
            throw new ArgumentException("A part of a key is null, or there twice. Remove it.", nameof(parts));
        }

        return new LimitKey([.. sorted.OrderBy(part => part.Rank).ThenBy(part => part.Claim, StringComparer.Ordinal)]);
    }

    /// <inheritdoc/>
    public bool Equals(LimitKey? other) => ReferenceEquals(this, other) || (other is not null && _parts.SequenceEqual(other._parts));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LimitKey);

    /// <inheritdoc/>
    public override int GetHashCode() => _parts.Aggregate(0, HashCode.Combine);

    /// <summary>The scope's name, such as <c>perUser</c>; for other keys the parts, such as <c>tenant+claim:team</c>.</summary>
    public override string ToString() => Scope is RateLimitScope scope ? LimitNames.Of(scope) : string.Join('+', _parts);

    /// <inheritdoc/>
    public IEnumerator<LimitKeyPart> GetEnumerator() => _parts.AsEnumerable().GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether a caller has every part.</summary>
    internal bool IsKnown(CallerIdentity caller)
    {
        foreach (LimitKeyPart part in _parts)
        {
            if (!caller.Has(part))
            {
                return false;
            }
        }

        return true;
    }
}
