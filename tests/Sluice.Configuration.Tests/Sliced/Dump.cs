using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Sluice.Configuration.Tests.Sliced;

/// <summary>Writes down everything that an object holds, so that two of them can be compared.</summary>
internal static class Dump
{
    private const int MaxDepth = 24;

    internal static string Of(object? value)
    {
        StringBuilder text = new();
        Write(text, value, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int depth)
    {
        depth.ShouldBeLessThan(MaxDepth);
        switch (value)
        {
            case null:
                text.Append("null\n");
                break;
            case string or Uri or Enum or bool or IFormattable:
                text.Append(CultureInfo.InvariantCulture, $"{value}\n");
                break;
            case IEnumerable items:
                text.Append("[\n");
                foreach (object? item in items)
                {
                    Write(text, item, depth + 1);
                }

                text.Append("]\n");
                break;
            default:
                WriteProperties(text, value, depth);
                break;
        }
    }

    private static void WriteProperties(StringBuilder text, object value, int depth)
    {
        text.Append(CultureInfo.InvariantCulture, $"{value.GetType().Name}\n");
        foreach (PropertyInfo property in value.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            bool isOfAnotherKind = value is RateLimit { Concurrency: not null } && property.Name is nameof(RateLimit.Rate) or nameof(RateLimit.MaxTokens);
            if (property.GetIndexParameters().Length == 0 && !property.PropertyType.IsByRefLike && !isOfAnotherKind)
            {
                text.Append(CultureInfo.InvariantCulture, $"{property.Name}: ");
                Write(text, property.GetValue(value), depth + 1);
            }
        }
    }
}
