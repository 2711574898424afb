using System.Collections.Immutable;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>One limit of a RateLimitPolicy.</summary>
internal sealed class KuadrantLimit(ImportedDocument document, Field field, string parent)
{
    private const string Product = "Kuadrant";

    /// <summary>Writes it as an entry of <c>limits</c>, or reports why it is left out.</summary>
    /// <param name="limits">The limits of the server.</param>
    /// <param name="conditions">The conditions of the policy.</param>
    /// <returns>Whether it needs to know the caller.</returns>
    internal bool Write(OutputGroup limits, ImmutableArray<string> conditions)
    {
        string path = $"{parent}.{Shown.Step(field.Name)}";
        if (field.Value is not MappingNode mapping)
        {
            document.Faults.Add(field, path, $"{field.Value.Describe()} is not a group of fields.");
            return false;
        }

        SourceGroup limit = new(mapping, path, document);
        ImmutableArray<string> all = [.. conditions, .. KuadrantImporter.Predicates(limit)];
        ImmutableArray<string> counters = [.. limit.Groups("counters").Select(counter => counter.Text("expression") ?? "")];
        ImmutableArray<string?> parts = [.. counters.Select(ImportedCondition.KeyPart)];
        ImmutableArray<Rate> rates = [.. limit.Groups("rates").Select(ReadRate).OfType<Rate>()];
        limit.NoteUnknown();
        if (ImportedCondition.Parse(all) is not ImportedCondition condition)
        {
            Leave(
                $"its condition has no equivalent: {string.Join(" && ", all)}. "
                    + "Conditions here compare the tool, the user and claims with texts.");
            return false;
        }

        if (parts.IndexOf(null) is >= 0 and int other)
        {
            Leave(
                $"its counter {Shown.Quote(counters[other])} has no equivalent: keys here are the user and claims of the caller, "
                    + "which a caller cannot invent.");
            return false;
        }

        if (rates.IsEmpty)
        {
            Leave("it has no rate, so it limits nothing.");
            return false;
        }

        OutputGroup entry = limits.AddItem("limits");
        entry.Add("name", field.Name);
        entry.Add("per", parts.OfType<string>());
        condition.WriteTo(entry);
        entry.Add("rate", rates);
        return condition.IsAboutCaller || !parts.IsEmpty;

        void Leave(string reason) => document.Note(field.Line, path, $"is left out: {reason}");
    }

    private static Rate? ReadRate(SourceGroup rate)
    {
        int? count = rate.Count("limit");
        TimeSpan? window = SourceRates.Duration(rate, "window", Product);
        rate.NoteUnknown();
        if (count is null || window is null)
        {
            rate.Fault("limit", "a rate needs limit and window, such as { limit: 5, window: 10s }.");
            return null;
        }

        if (window.Value.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            rate.Note("window", "is kept as it reads. Limitador counts in whole seconds, and cuts the rest off.");
        }

        return SourceRates.Make(rate, "limit", count.Value, window.Value, RateLimitAlgorithm.FixedWindow);
    }
}
