using System.Diagnostics.CodeAnalysis;

namespace Sluice;

public sealed partial record Rate
{
    /// <summary>Reads a rate in the short form: a count, a slash, and a duration or a unit.</summary>
    /// <param name="text"><c>100/1m</c>, <c>100/m</c>, <c>10/5m</c>, <c>1/day</c>, <c>30/minute</c>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="FormatException">It is not a rate; the message says why, and what to write.</exception>
    public static Rate Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out Rate? rate, out string? error) ? rate : throw new FormatException(error);
    }

    /// <summary>Reads a rate in the short form, or says why it is none.</summary>
    /// <param name="text">As for <see cref="Parse"/>.</param>
    /// <param name="rate">The rate, or null.</param>
    /// <param name="error">Null, or what is wrong: the text, the rule and the way out.</param>
    public static bool TryParse(
        [NotNullWhen(true)] string? text,
        [NotNullWhen(true)] out Rate? rate,
        [NotNullWhen(false)] out string? error)
    {
        rate = null;
        error = RateText.Read(text, out int maxTokens, out TimeSpan refillPeriod);
        if (error is not null)
        {
            return false;
        }

        rate = new Rate(maxTokens, refillPeriod);
        return true;
    }
}
