using System.Globalization;
using System.Numerics;
using System.Text;

namespace Sluice.Gateway;

/// <summary>
/// The exact value of a JSON number, so that <c>7</c>, <c>7.0</c> and <c>70e-1</c> are equal: digits times a power of ten.
/// </summary>
/// <param name="Digits">The digits without leading and trailing zeros, with a minus if the value is below zero; <c>0</c> for zero.</param>
/// <param name="Exponent">The power of ten; 0 for zero.</param>
/// <remarks>Source: RFC 8259, section 6.</remarks>
internal readonly record struct JsonNumber(string Digits, BigInteger Exponent)
{
    /// <summary>Exponents of more digits are not read: no id needs them, and arithmetic on them would take long.</summary>
    private const int MaxExponentDigits = 18;

    /// <summary>Reads a number; null for text that is not a JSON number.</summary>
    internal static JsonNumber? Read(ReadOnlySpan<byte> json)
    {
        bool isNegative = json.Length > 0 && json[0] == (byte)'-';
        ReadOnlySpan<byte> rest = isNegative ? json[1..] : json;
        int e = rest.IndexOfAny((byte)'e', (byte)'E');
        ReadOnlySpan<byte> mantissa = e < 0 ? rest : rest[..e];
        int point = mantissa.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = point < 0 ? mantissa : mantissa[..point];
        ReadOnlySpan<byte> fraction = point < 0 ? default : mantissa[(point + 1)..];
        bool isNumber = IsDigits(whole)
            && (whole.Length == 1 || whole[0] != (byte)'0')
            && (point < 0 || IsDigits(fraction))
            && (e < 0 || IsExponent(rest[(e + 1)..]));
        if (!isNumber)
        {
            return null;
        }

        string digits = Encoding.ASCII.GetString(whole) + Encoding.ASCII.GetString(fraction);
        BigInteger exponent = e < 0
            ? BigInteger.Zero
            : BigInteger.Parse(Encoding.ASCII.GetString(rest[(e + 1)..]), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string significant = digits.TrimEnd('0');
        exponent += digits.Length - significant.Length - fraction.Length;
        significant = significant.TrimStart('0');
        return significant.Length == 0 ? new JsonNumber("0", 0) : new JsonNumber(isNegative ? $"-{significant}" : significant, exponent);
    }

    /// <summary>The value as a whole number of 64 bits; null when it is not one.</summary>
    internal long? ToInt64()
    {
        const int MaxDigits = 19;
        return Exponent >= 0
            && Exponent <= MaxDigits
            && long.TryParse(
                Digits + new string('0', (int)Exponent), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
                ? value
                : null;
    }

    private static bool IsExponent(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> digits = text.Length > 0 && text[0] is (byte)'+' or (byte)'-' ? text[1..] : text;
        return IsDigits(digits) && digits.Length <= MaxExponentDigits;
    }

    private static bool IsDigits(ReadOnlySpan<byte> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
