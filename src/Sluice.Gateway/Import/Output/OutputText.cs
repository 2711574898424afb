using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sluice.Gateway;

/// <summary>Values as YAML writes them on one line.</summary>
internal static class OutputText
{
    private static readonly string[] Words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];

    /// <summary>A text that is read as itself, whatever it holds.</summary>
    internal static string Text(string text)
    {
        string literal = text.Replace("${", "$${", StringComparison.Ordinal);
        return IsPlain(literal) ? literal : Quote(literal);
    }

    internal static string Texts(IEnumerable<string> texts) => $"[{string.Join(", ", texts.Select(Text))}]";

    internal static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A rate in its short form where that says all of it; several as a list.</summary>
    internal static string Rates(IReadOnlyList<Rate> rates) =>
        rates.Count == 1 ? OneRate(rates[0]) : $"[{string.Join(", ", rates.Select(OneRate))}]";

    private static string OneRate(Rate rate)
    {
        string period = RateText.Period(rate);
        if (rate is { Algorithm: RateLimitAlgorithm.TokenBucket, Burst: null })
        {
            return $"{Number(rate.MaxTokens)}/{period}";
        }

        string burst = rate.Burst is int size ? $", burst: {Number(size)}" : "";
        string align = rate.Align ? ", align: true" : "";
        return $"{{ maxTokens: {Number(rate.MaxTokens)}, refillPeriod: {period}{burst}, "
            + $"algorithm: {RateText.Name(rate.Algorithm)}{align} }}";
    }

    // A double-quoted YAML scalar takes JSON's escapes, so any text comes through.
    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    private static bool IsPlain(string text) =>
        text.Length > 0
        && char.IsAsciiLetter(text[0])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':')
        && !text.EndsWith(':')
        && !Words.Contains(text, StringComparer.OrdinalIgnoreCase);
}
