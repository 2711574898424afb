using System.Globalization;
using System.Text;

namespace Sluice.Configuration.Tests;

public sealed class WorkPaceTests
{
    private const int Servers = 20;
    private const int Tools = 50;
    private const int CommentLength = 20_000; // Makes a large text, of which little has to be read again.
    private static readonly TimeSpan Piece = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Growth = TimeSpan.FromMilliseconds(10);
    private readonly ManualTimeProvider _time = new();
    private int _pauses;

    [Fact]
    public void Step_ThreadHasWorkedForAPiece_PausesOnce() => OnAThread(TimeSpan.Zero, () =>
    {
        _time.Advance(Piece - TimeSpan.FromTicks(1));
        WorkPace.Step();
        _pauses.ShouldBe(0);

        _time.Advance(TimeSpan.FromTicks(1));
        WorkPace.Step();
        WorkPace.Step();
        _pauses.ShouldBe(1);

        _time.Advance(Piece);
        WorkPace.Step();
        _pauses.ShouldBe(2);
    });

    [Fact]
    public void Step_PausesTakeLong_PiecesBecomeLonger() => OnAThread(TimeSpan.FromMilliseconds(5), () =>
    {
        WorkFor(1).ShouldBe(1);

        // The pause took 5 ms, half of what makes a piece as long as a pause.
        WorkFor(2).ShouldBe(1);
        WorkFor(0.5).ShouldBe(2);

        WorkFor(4.5).ShouldBe(2);
        WorkFor(0.5).ShouldBe(3);

        WorkFor(7).ShouldBe(3);
        WorkFor(0.5).ShouldBe(4);
    });

    [Fact]
    public void Step_LongWork_HasPausesUntilItsEnd() => OnAThread(TimeSpan.FromMilliseconds(1), () =>
    {
        const double Milliseconds = 2_000;
        int first = WorkFor(Milliseconds / 4);
        int half = WorkFor(Milliseconds / 4);
        int all = WorkFor(Milliseconds / 2);

        first.ShouldBeGreaterThan(80);
        (half - first).ShouldBeGreaterThan(30);
        (all - half).ShouldBeGreaterThan(50);
        all.ShouldBeInRange((2 * first) - 15, (2 * first) + 15); // Four times the work, twice the pauses.
    });

    [Fact]
    public void Step_OtherThread_DoesNotPause() => OnAThread(TimeSpan.Zero, () =>
    {
        _time.Advance(Piece);
        Run(WorkPace.Step);
        _pauses.ShouldBe(0);
    });

    [Fact]
    public void Parse_DocumentServerByServer_CanPauseAtEveryLimit() => CountPauses(new KnownServers()).ShouldBeGreaterThan(Servers * Tools);

    [Fact]
    public void Parse_DocumentAsAWhole_CanPauseAtEveryLimit() => CountPauses(known: null).ShouldBeGreaterThan(Servers * Tools);

    [Fact]
    public void Load_OneServerOfManyChanged_AllocatesLessThanItsText()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Path, "sluice.yaml");
        KnownServers known = new();
        long allocated = 0;
        for (int number = 1; number <= 3; number++) // The first one reads all, and makes the buffers.
        {
            File.WriteAllText(file, Document(number));
            long before = GC.GetAllocatedBytesForCurrentThread();
            GatewayFile.Load(file, new FixedValues(), ReadingOptions.ToRead, known).RequireConfiguration();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        known.IsUsed.ShouldBeTrue();
        allocated.ShouldBeLessThan(Document(1).Length * sizeof(char));
    }

    /// <summary>Works in steps of a tenth of a millisecond.</summary>
    /// <returns>How many pauses there were until then, since the beginning.</returns>
    private int WorkFor(double milliseconds)
    {
        for (int steps = (int)Math.Round(10 * milliseconds); steps > 0; steps--)
        {
            _time.Advance(TimeSpan.FromMilliseconds(0.1));
            WorkPace.Step();
        }

        return _pauses;
    }

    private static string Document(int number)
    {
        StringBuilder text = new("servers:\n");
        for (int server = 0; server < Servers; server++)
        {
            text.Append(' ', CommentLength).Append("# A comment.\n");
            text.Append(CultureInfo.InvariantCulture, $"  - name: s{server}\n    upstream: http://127.0.0.1:1/mcp\n    rateLimiting:\n      tools:\n");
            for (int tool = 0; tool < Tools; tool++)
            {
                text.Append(CultureInfo.InvariantCulture, $"        - {{ name: t{tool}, shared: {(server == 0 ? number : 1)}/1s }}\n");
            }
        }

        return text.ToString();
    }

    private int CountPauses(KnownServers? known)
    {
        Run(() =>
        {
            new WorkPace(_time, TimeSpan.Zero, Growth, () => _pauses++).Begin();
            GatewayFile.Parse(Document(1), "x.yaml", new FixedValues(), ReadingOptions.ToRead, known).RequireConfiguration();
        });
        return _pauses;
    }

    private void OnAThread(TimeSpan pause, Action work) => Run(() =>
    {
        new WorkPace(_time, Piece, Growth, () =>
        {
            _pauses++;
            _time.Advance(pause);
        }).Begin();
        work();
    });

    /// <summary>Runs work on a thread of its own, which keeps its pace until it ends.</summary>
    private static void Run(Action work)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                work();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        failure.ShouldBeNull();
    }
}
