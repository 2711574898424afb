using System.Globalization;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Reads the query of a request to <c>/api/v1</c>; what is wrong is answered 400 and named.</summary>
internal sealed class ApiQuery
{
    private readonly IQueryCollection _query;

    private ApiQuery(IQueryCollection query) => _query = query;

    /// <summary>What is wrong with the query; null while nothing is.</summary>
    internal string? Fault { get; private set; }

    /// <summary>Opens a query.</summary>
    /// <param name="context">The request.</param>
    /// <param name="known">The names that it may have.</param>
    internal static ApiQuery Of(HttpContext context, params string[] known)
    {
        ApiQuery query = new(context.Request.Query);
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Request.Query)
        {
            if (!known.Contains(name, StringComparer.Ordinal))
            {
                query.Fault ??= known.Length == 0
                    ? $"{Shown.Quote(name)} is not a parameter, and there are none. Leave it out."
                    : $"{Shown.Quote(name)} is not a parameter. {NearestName.Advice(name, known)}";
            }
            else if (values.Count > 1)
            {
                query.Fault ??= $"'{name}' is there {values.Count} times. Write it once.";
            }
        }

        return query;
    }

    /// <summary>A text; null when it is missing.</summary>
    internal string? Text(string name) => _query[name] is [string text] ? text : null;

    /// <summary>A whole number in a range.</summary>
    internal int Number(string name, int min, int max, int missing)
    {
        if (Text(name) is not string text)
        {
            return missing;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max)
        {
            return number;
        }

        Fault ??= $"{name}={Shown.Quote(text)} is not a whole number from {min} to {max}.";
        return missing;
    }

    /// <summary>A span of time: <c>5m</c> when it is missing.</summary>
    internal HistorySpan Span(string name)
    {
        if (Text(name) is not string text)
        {
            return HistorySpan.FiveMinutes;
        }

        if (HistorySpan.TryParse(text, out HistorySpan? span))
        {
            return span;
        }

        Fault ??= $"{name}={Shown.Quote(text)} is not a span. Write {HistorySpan.FiveMinutes.Name} or {HistorySpan.Hour.Name}.";
        return HistorySpan.FiveMinutes;
    }
}
