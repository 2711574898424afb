using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Sluice.Documents;

/// <summary>
/// Gives the scalars of a manifest the types that kubectl gives them, and removes fields without a value as the API server does.
/// </summary>
/// <remarks>
/// Source: sigs.k8s.io/yaml, which reads YAML 1.1: <c>on</c> is a boolean, <c>010</c> is eight, <c>1e2</c> and <c>1_00</c> are a hundred.
/// </remarks>
internal static partial class KubernetesScalars
{
    private const double LargestExact = 1L << 53;
    private static readonly HashSet<string> True = ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"];
    private static readonly HashSet<string> False = ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"];

    /// <summary>The same document as Kubernetes means it.</summary>
    internal static Node Read(Node node) => node switch
    {
        MappingNode group => Read(group),
        SequenceNode list => new SequenceNode(list.Line, list.Column, [.. list.Items.Select(Read)]),
        ScalarNode { IsPlain: true, IsNull: false } scalar => WithValue(scalar, ValueOf(scalar.Written)),
        _ => node,
    };

    /// <summary>The same group as Kubernetes means it.</summary>
    internal static MappingNode Read(MappingNode group) => new(
        group.Line,
        group.Column,
        [.. group.Fields.Where(field => field.Value is not ScalarNode { IsNull: true }).Select(field => field with { Value = Read(field.Value) })]);

    private static ScalarNode WithValue(ScalarNode scalar, string value) =>
        value == scalar.Value ? scalar : new(scalar.Line, scalar.Column) { Written = scalar.Written, Value = value, IsPlain = true };

    private static string ValueOf(string text) =>
        True.Contains(text) ? "true"
        : False.Contains(text) ? "false"
        : Number().IsMatch(text) ? ValueOfNumber(text.Replace("_", "", StringComparison.Ordinal))
        : text;

    private static string ValueOfNumber(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().TrimStart("+-");
        string sign = text[0] == '-' ? "-" : "";
        return (digits switch
        {
            ['0', 'b' or 'B', .. var binary] => Whole(binary, 2),
            ['0', 'x' or 'X', .. var hexadecimal] => Whole(hexadecimal, 16),
            ['0', 'o' or 'O', .. var octal] => Whole(octal, 8),
            ['0', .. { Length: > 0 } octal] => Whole(octal, 8),
            _ => Whole(digits, 10),
        }) is BigInteger whole ? sign + whole.ToString(CultureInfo.InvariantCulture) : OfDecimal(text);
    }

    // A number with a fraction of zero is a whole number to the API server.
    private static string OfDecimal(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
        && value == Math.Floor(value)
        && Math.Abs(value) <= LargestExact
            ? ((long)value).ToString(CultureInfo.InvariantCulture)
            : text;

    private static BigInteger? Whole(ReadOnlySpan<char> digits, int radix)
    {
        BigInteger value = 0;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                return null;
            }

            value = (value * radix) + digit;
        }

        return digits.IsEmpty ? null : value;
    }

    [GeneratedRegex(@"^[-+]?(0[bB][01_]+|0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|\.[0-9_]+([eE][-+]?[0-9]+)?|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?)\z")]
    private static partial Regex Number();
}
