using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>The rates of one scope, which a call must all meet: <c>60/1m</c> and <c>1000/1d</c>.</summary>
/// <remarks>
/// <para>A single rate converts to a list of one. A policy accepts 1 to 4 rates, no two of one period and algorithm.</para>
/// <para>Two lists are equal when they hold equal rates in the same order.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
[CollectionBuilder(typeof(RateList), nameof(Create))]
public sealed class RateList : IReadOnlyList<Rate>, IEquatable<RateList>
{
    /// <summary>The most rates that a policy accepts for one scope.</summary>
    public const int MaxCount = 4;

    private readonly ImmutableArray<Rate> _rates;

    private RateList(ImmutableArray<Rate> rates) => _rates = rates;

    /// <summary>How many rates there are.</summary>
    public int Count => _rates.Length;

    /// <summary>One of the rates.</summary>
    /// <exception cref="IndexOutOfRangeException"><paramref name="index"/> is not below <see cref="Count"/>.</exception>
    public Rate this[int index] => _rates[index];

    /// <summary>Why a list of so many rates is wrong, and what to do.</summary>
    internal static string WhyTooMany(int count) =>
        $"has {count} rates, and a list must have 1 to {MaxCount}. Remove {count - MaxCount}, or write further rates as entries of 'limits', each with a name.";

    /// <summary>A list of one rate; null for null.</summary>
    [return: NotNullIfNotNull(nameof(rate))]
    public static implicit operator RateList?(Rate? rate) => rate is null ? null : new([rate]);

    /// <summary>A list of rates.</summary>
    /// <exception cref="ArgumentException">One is null.</exception>
    public static RateList Create(params ReadOnlySpan<Rate> rates)
    {
        foreach (Rate rate in rates)
        {
            if (rate is null)
            {
                throw new ArgumentException("A rate is null.", nameof(rates));
            }
        }

        return new RateList([.. rates]);
    }

    /// <summary>Reads rates in the short form.</summary>
    /// <param name="rates">Such as <c>60/1m</c> and <c>1000/1d</c>.</param>
    /// <exception cref="ArgumentNullException">One is null.</exception>
    /// <exception cref="FormatException">One is not a rate; the message says why, and what to write.</exception>
    public static RateList Parse(params ReadOnlySpan<string> rates)
    {
        ImmutableArray<Rate>.Builder parsed = ImmutableArray.CreateBuilder<Rate>(rates.Length);
        foreach (string rate in rates)
        {
            parsed.Add(Rate.Parse(rate));
        }

        return new RateList(parsed.ToImmutable());
    }

    /// <inheritdoc/>
    public bool Equals(RateList? other) => other is not null && _rates.SequenceEqual(other._rates);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RateList);

    /// <inheritdoc/>
    public override int GetHashCode() => _rates.Aggregate(0, HashCode.Combine);

    /// <summary>The rates, with commas between them.</summary>
    public override string ToString() => string.Join(", ", _rates);

    /// <inheritdoc/>
    public IEnumerator<Rate> GetEnumerator() => _rates.AsEnumerable().GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
