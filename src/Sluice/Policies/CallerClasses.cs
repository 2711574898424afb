using System.Collections.Concurrent;

namespace Sluice;

/// <summary>
/// Sorts callers into classes: those of one class answer all questions of a policy alike, so that the same limits apply to them.
/// </summary>
/// <remarks>
/// <para>A class is made when its first caller comes. There is a bounded number of them; beyond it, all start again.</para>
/// <para>Thread safety: any thread may ask. Asking about a known caller compares nothing and does not allocate.</para>
/// </remarks>
internal sealed class CallerClasses(CallerTest[] tests)
{
    private const int MostClasses = 1_024;
    private const int BitsPerWord = 64;
    private readonly int _words = (tests.Length + BitsPerWord - 1) / BitsPerWord;
    private Table _current = new();

    /// <summary>The classes for now. The numbers of one table mean nothing in another.</summary>
    internal Table Current => Volatile.Read(ref _current);

    /// <summary>The number of a caller's class.</summary>
    internal int NumberOf(Table table, CallerIdentity caller)
    {
        int known = caller.ClassOf(table.Token);
        return known >= 0 ? known : Classify(table, caller);
    }

    /// <summary>Asks one question about a caller.</summary>
    internal bool Passes(int test, CallerIdentity caller) => tests[test].Passes(caller);

    /// <summary>Whether a bit of some answers is set.</summary>
    internal static bool Passes(ReadOnlySpan<ulong> answers, int test) => (answers[test / BitsPerWord] >> (test % BitsPerWord) & 1) != 0;

    private int Classify(Table table, CallerIdentity caller)
    {
        Span<ulong> answers = stackalloc ulong[CallerTests.Most / BitsPerWord];
        answers = answers[.._words];
        answers.Clear();
        for (int i = 0; i < tests.Length; i++)
        {
            answers[i / BitsPerWord] |= tests[i].Passes(caller) ? 1UL << (i % BitsPerWord) : 0;
        }

        int number = table.NumberOf(answers);
        if (number >= MostClasses)
        {
            Interlocked.CompareExchange(ref _current, new Table(), table); // The limits of the old classes go with their table.
        }

        caller.RememberClass(table.Token, number);
        return number;
    }

    /// <summary>Classes by the answers of their callers.</summary>
    internal sealed class Table
    {
        private readonly ConcurrentDictionary<ulong[], int> _numbers = new(WordsComparer.Instance);
        private readonly Lock _lock = new();
        private ulong[][] _answers = [];

        /// <summary>Marks the table for callers, who may outlive it and the policy.</summary>
        internal object Token { get; } = new();

        /// <summary>The answers of a class.</summary>
        internal ReadOnlySpan<ulong> AnswersOf(int number) => Volatile.Read(ref _answers)[number];

        internal int NumberOf(ReadOnlySpan<ulong> answers)
        {
            if (_numbers.GetAlternateLookup<ReadOnlySpan<ulong>>().TryGetValue(answers, out int number))
            {
                return number;
            }

            lock (_lock)
            {
                ulong[] mine = answers.ToArray();
                if (!_numbers.TryGetValue(mine, out number))
                {
                    number = _answers.Length;
                    Volatile.Write(ref _answers, [.. _answers, mine]);
                    _numbers[mine] = number;
                }

                return number;
            }
        }
    }
}
