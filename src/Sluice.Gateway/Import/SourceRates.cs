using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Makes rates of what another product's file says; what no rate can be is a fault at the field.</summary>
internal static class SourceRates
{
    /// <summary>A rate, or null and a fault.</summary>
    internal static Rate? Make(
        SourceGroup group, string field, int count, TimeSpan period, RateLimitAlgorithm algorithm, int? burst = null, bool align = false)
    {
        if (count == 0)
        {
            group.Fault(field, "admits no call at all, which a limit here cannot do. Remove the tools or the server instead.");
            return null;
        }

        if (Rate.TryCreate(count, period, algorithm, burst, align, out Rate? rate, out IReadOnlyList<SettingsFault> faults))
        {
            return rate;
        }

        group.Fault(field, string.Join(" ", faults.Select(fault => fault.Message)));
        return null;
    }

    /// <summary>
    /// A duration as Go writes it. One in days or weeks is taken, and reported, since the product does not know these units.
    /// </summary>
    /// <param name="group">The group of the field.</param>
    /// <param name="field">The field.</param>
    /// <param name="product">The product, for messages.</param>
    internal static TimeSpan? Duration(SourceGroup group, string field, string product)
    {
        if (group.Text(field) is not string text)
        {
            return null;
        }

        if (text.StartsWith('-'))
        {
            group.Fault(field, $"{Shown.Quote(text)} is negative. Write a duration such as 1m.");
            return null;
        }

        if (!Rate.TryParsePeriod(text, out TimeSpan period, out string? error))
        {
            group.Fault(field, error);
            return null;
        }

        if (text.AsSpan().ContainsAny('d', 'w'))
        {
            group.Note(
                field,
                $"{Shown.Quote(text)} is taken as it reads, but durations of {product} have no days and weeks: it rejects this file.");
        }

        return period;
    }
}
