using System.Runtime.InteropServices;

namespace Sluice;

/// <summary>The limits of one kind of call for each class of callers, made when a class is met.</summary>
/// <remarks>
/// <para>Classes to which the same limits apply get the same instance. Memory is bounded by the number of classes.</para>
/// <para>Thread safety: any thread may ask. Asking for a known class takes no lock and does not allocate.</para>
/// </remarks>
internal sealed class ClassLimits(LimitGroup[] groups, CallTerms terms, CallerClasses classes)
{
    private const int MostChoices = 1_024;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ApplicableLimits> _byChoice = new(StringComparer.Ordinal);
    private Known _known = new(null, []);

    internal ApplicableLimits For(CallerIdentity caller)
    {
        CallerClasses.Table table = classes.Current;
        int number = classes.NumberOf(table, caller);
        Known known = Volatile.Read(ref _known);
        return ReferenceEquals(known.Table, table) && number < known.Limits.Length && known.Limits[number] is ApplicableLimits limits
            ? limits
            : Make(table, number);
    }

    private ApplicableLimits Make(CallerClasses.Table table, int number)
    {
        lock (_lock)
        {
            ReadOnlySpan<ulong> answers = table.AnswersOf(number);
            int[] choices = new int[groups.Length + 1];
            for (int i = 0; i < groups.Length; i++)
            {
                // A limit whose key the caller lacks in part differs from the same limit for a caller who has all of it.
                choices[i] = (groups[i].Choose(answers) * 2) + (groups[i].IsKnown(answers) ? 1 : 0);
            }

            string choice = new(MemoryMarshal.Cast<int, char>(choices));
            if (!_byChoice.TryGetValue(choice, out ApplicableLimits? limits))
            {
                if (_byChoice.Count >= MostChoices)
                {
                    _byChoice.Clear();
                }

                _byChoice.Add(choice, limits = Make(choices));
            }

            Known before = ReferenceEquals(_known.Table, table) ? _known : new Known(table, []);
            ApplicableLimits?[] all = new ApplicableLimits?[Math.Max(before.Limits.Length, number + 1)];
            before.Limits.CopyTo(all, 0);
            all[number] = limits;
            Volatile.Write(ref _known, new Known(table, all));
            return limits;
        }
    }

    private ApplicableLimits Make(int[] choices)
    {
        List<RateLimit> limits = [];
        List<LimitGroup> counting = [];
        HashSet<RateLimit> unknown = [];
        for (int i = 0; i < groups.Length; i++)
        {
            int choice = choices[i] >> 1;
            RateLimit[] chosen = groups[i].Chosen(choice);
            limits.AddRange(chosen);
            if (choice >= 0)
            {
                counting.Add(groups[i]);
            }

            if ((choices[i] & 1) == 0)
            {
                unknown.UnionWith(chosen);
            }
        }

        return terms.Apply([.. limits], limit => !unknown.Contains(limit), CollectionsMarshal.AsSpan(counting));
    }

    private sealed record Known(CallerClasses.Table? Table, ApplicableLimits?[] Limits);
}
