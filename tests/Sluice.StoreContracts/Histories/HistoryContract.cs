using FsCheck;
using FsCheck.Fluent;

namespace Sluice.StoreContracts;

/// <summary>Random histories, step by step against the model.</summary>
/// <remarks>
/// <para>A failure prints its seed and the smallest history that still fails. <c>SLUICE_SEED</c> repeats a run.</para>
/// <para>
/// <c>SLUICE_LONG=1</c> runs ten million histories instead of a hundred thousand, and adds a line for every hundred thousand to
/// the file that <c>SLUICE_PROGRESS</c> names; <c>eng/long-histories.sh</c> does both. <c>SLUICE_HISTORIES</c> is another number.
/// </para>
/// </remarks>
public abstract class HistoryContract<TStore>
    where TStore : StoreUnderTest, new()
{
    private const int Histories = 100_000;
    private const int LongHistories = 10_000_000;

    /// <summary>How many histories the normal run plays; fewer where every step costs a journey to another process.</summary>
    protected virtual int HistoriesInNormalRun => Histories;

    /// <summary>Fewer of them, for runs that repeat all tests hundreds of times.</summary>
    private static int? FewerHistories =>
        Environment.GetEnvironmentVariable("SLUICE_HISTORIES") is { Length: > 0 } count
            ? int.Parse(count, System.Globalization.CultureInfo.InvariantCulture)
            : null;

    [Fact]
    public void Decide_AnyHistory_EqualsTheModelStepByStep()
    {
        TStore store = new();
        HistoryGenerator generator = new(store);
        bool isLong = Environment.GetEnvironmentVariable("SLUICE_LONG") == "1";
        int left = isLong ? LongHistories : FewerHistories ?? HistoriesInNormalRun;
        int seed = Seeds.AnnounceAny();
        SplitMix seeds = new((ulong)seed);
        while (left > 0)
        {
            int chunk = Math.Min(left, Histories);
            try
            {
                Play(store, generator, chunk, (ulong)seeds.NextLong(0, long.MaxValue));
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"{Seeds.Variable}={seed} repeats this: {failure.Message}", failure);
            }

            left -= chunk;
            if (isLong)
            {
                Progress.Report($"{LongHistories - left:N0} of {LongHistories:N0} histories equal, {Seeds.Variable}={seed}");
            }
        }
    }

    private static void Play(TStore store, HistoryGenerator generator, int count, ulong seed)
    {
        Gen<History> histories = Gen.Choose(int.MinValue, int.MaxValue)
            .Two()
            .Select(pair => Create(generator, ((ulong)(uint)pair.Item1 << 32) | (uint)pair.Item2));
        Config config = Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(seed, gamma: 1);
        Prop.ForAll(Arb.From(histories, HistoryShrinker.Shrink), history => ShouldEqualTheModel(store, history)).Check(config);
    }

    private static History Create(HistoryGenerator generator, ulong seed) =>
        (seed % 4) switch
        {
            0 => generator.CreateWithLists(seed),
            1 => generator.CreateWithCalendars(seed),
            _ => generator.Create(seed),
        };

    private static void ShouldEqualTheModel(TStore store, History history)
    {
        using HistoryRun run = new(store, history);
        run.FindDifference().ShouldBeNull();
    }
}
