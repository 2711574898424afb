using System.Diagnostics.CodeAnalysis;

namespace Sluice;

/// <summary>What an override puts in the place of a rate: other rates, no limit, or no calls at all.</summary>
/// <remarks>Rates convert to it. Two are equal when they say the same. Thread safety: immutable.</remarks>
public sealed record RateOverride
{
    private const string UnlimitedWord = "unlimited";
    private const string NothingWord = "0";

    private RateOverride(RateList? rates, bool isUnlimited)
    {
        Rates = rates;
        IsUnlimited = isUnlimited;
    }

    /// <summary>No limit.</summary>
    public static RateOverride Unlimited { get; } = new(null, isUnlimited: true);

    /// <summary>No call: each is <see cref="RateLimitOutcome.Unsatisfiable"/>.</summary>
    public static RateOverride Nothing { get; } = new(null, isUnlimited: false);

    /// <summary>The rates; null for <see cref="Unlimited"/> and <see cref="Nothing"/>.</summary>
    public RateList? Rates { get; }

    /// <summary>Whether there is no limit.</summary>
    public bool IsUnlimited { get; }

    /// <summary>Whether no call is admitted.</summary>
    public bool IsNothing => Rates is null && !IsUnlimited;

    /// <summary>Other rates.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="rates"/> is null.</exception>
    public static implicit operator RateOverride(RateList rates)
    {
        ArgumentNullException.ThrowIfNull(rates);
        return new(rates, isUnlimited: false);
    }

    /// <summary>Another rate.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="rate"/> is null.</exception>
    public static implicit operator RateOverride(Rate rate)
    {
        ArgumentNullException.ThrowIfNull(rate);
        return new(RateList.Create(rate), isUnlimited: false);
    }

    /// <summary>Reads what the configuration writes: one to four rates in the short form, <c>unlimited</c>, or <c>0</c>.</summary>
    /// <param name="rates">Such as <c>1000/1m</c> and <c>20000/1d</c>; <c>unlimited</c> and <c>0</c> stand alone.</param>
    /// <exception cref="ArgumentNullException">One is null.</exception>
    /// <exception cref="FormatException">One is not a rate; the message says why, and what to write.</exception>
    public static RateOverride Parse(params ReadOnlySpan<string> rates) =>
        rates.Length == 1 && TryParseWord(rates[0], out RateOverride? word) ? word : RateList.Parse(rates);

    /// <summary>Reads the two words that are not rates: <c>unlimited</c> and <c>0</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="word">What it means; null for any other text.</param>
    public static bool TryParseWord([NotNullWhen(true)] string? text, [NotNullWhen(true)] out RateOverride? word)
    {
        word = text?.Trim() switch
        {
            UnlimitedWord => Unlimited,
            NothingWord => Nothing,
            _ => null,
        };
        return word is not null;
    }

    /// <summary>The rates, <c>unlimited</c> or <c>0</c>.</summary>
    public override string ToString() => IsUnlimited ? UnlimitedWord : Rates?.ToString() ?? NothingWord;
}
