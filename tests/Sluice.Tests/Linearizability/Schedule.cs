namespace Sluice.Tests;

/// <summary>Runs threads one step at a time, in every order of their steps, or in every one with few changes of thread.</summary>
/// <remarks>
/// The orders are tried depth first: each run follows the last one up to its last choice that can still be made otherwise.
/// One thread runs at a time: it holds the baton, chooses at each step who is next, and hands it over. A thread that waits for a
/// lock is not chosen until another has taken a step of consequence; if no thread can, the process ends with a message.
/// The threads stay for all orders, since a new thread costs more than a run.
/// </remarks>
internal sealed class Schedule(int maxPreemptions) : IDisposable
{
    private const int NoThread = -1;

    [ThreadStatic]
    private static Schedule? _current;

    [ThreadStatic]
    private static int _number;

    private readonly List<(int Chosen, int Options)> _choices = [];
    private readonly SemaphoreSlim _end = new(0); // Of a run: released by the thread that finds no other one to go on.
    private Action[] _work = [];
    private Thread[] _threads = [];
    private bool[] _isDone = [];
    private bool[] _isWaiting = [];
    private CommitStep[] _steps = [];
    private int _depth;
    private int _preemptions;
    private SemaphoreSlim[] _turns = [];

    /// <summary>How many orders were run.</summary>
    internal int Runs { get; private set; }

    /// <summary>What went wrong with the run itself: an order that could not be followed.</summary>
    internal string? Fault { get; private set; }

    /// <summary>Told by the code that is run: a step is about to be taken.</summary>
    internal static void Pause(CommitStep step)
    {
        if (_current is Schedule schedule)
        {
            int number = _number;
            schedule.Note(number, step);
            if (schedule.HandOver(number) != number)
            {
                schedule._turns[number].Wait();
            }
        }
    }

    /// <summary>Runs threads in the next order.</summary>
    /// <param name="threads">Their work, the same in every run.</param>
    /// <returns>False when there is no other order.</returns>
    internal bool RunNext(Action[] threads)
    {
        if (Runs > 0 && !Backtrack())
        {
            return false;
        }

        Runs++;
        _work = threads;
        _isDone = new bool[threads.Length];
        _isWaiting = new bool[threads.Length];
        _steps = new CommitStep[threads.Length];
        _depth = 0;
        _preemptions = 0;
        if (Runs == 1)
        {
            _turns = [.. threads.Select(_ => new SemaphoreSlim(0))];
            _threads = [.. threads.Select((_, number) => new Thread(() => RunEach(number)) { IsBackground = true })];
            Array.ForEach(_threads, thread => thread.Start());
        }

        _ = HandOver(NoThread);
        _end.Wait();
        return true;
    }

    /// <summary>Ends the threads, which wait for another run.</summary>
    public void Dispose()
    {
        _work = [];
        Array.ForEach(_turns, turn => turn.Release());
        Array.ForEach(_threads, thread => thread.Join());
        Array.ForEach(_turns, turn => turn.Dispose());
        _end.Dispose();
    }

    /// <summary>Remembers a step. Once one that is more than a look at a lock was taken, those who wait may look again.</summary>
    private void Note(int number, CommitStep step)
    {
        if (_steps[number] is not (CommitStep.Locking or CommitStep.Waiting))
        {
            Array.Clear(_isWaiting);
        }

        _steps[number] = step;
        _isWaiting[number] = step == CommitStep.Waiting;
    }

    private void RunEach(int number)
    {
        _current = this;
        _number = number;
        for (_turns[number].Wait(); _work.Length > 0; _turns[number].Wait())
        {
            _work[number]();
            Note(number, CommitStep.Unlocking);
            _isDone[number] = true;
            if (HandOver(number) == NoThread)
            {
                _ = _end.Release();
            }
        }
    }

    /// <summary>Chooses who is next. Called with the baton, or before anybody has it.</summary>
    /// <returns>The next thread, or <see cref="NoThread"/> at the end.</returns>
    private int HandOver(int last)
    {
        int[] options = Options(last);
        if (options.Length == 0)
        {
            return NoThread; // All threads are done.
        }

        int next = options[Choose(options.Length)];
        _preemptions += last >= 0 && next != last && CanGoOn(last) ? 1 : 0;
        if (next != last)
        {
            _ = _turns[next].Release();
        }

        return next;
    }

    /// <summary>Who may go on: the last one first, the others only while changes of thread are left or it cannot.</summary>
    private int[] Options(int last)
    {
        int[] able = [.. Enumerable.Range(0, _isDone.Length).Where(CanGoOn)];
        if (able.Length == 0)
        {
            able = [.. Enumerable.Range(0, _isDone.Length).Where(number => !_isDone[number])];
            if (able.Length > 0)
            {
                Environment.FailFast("Everybody waits: a deadlock.");
            }
        }

        return last >= 0 && _preemptions >= maxPreemptions && CanGoOn(last)
            ? [last]
            : [.. able.OrderBy(number => number == last ? 0 : 1)];
    }

    private bool CanGoOn(int number) => !_isDone[number] && !_isWaiting[number];

    private int Choose(int options)
    {
        if (_depth == _choices.Count)
        {
            _choices.Add((0, options));
        }

        (int chosen, int expected) = _choices[_depth];
        _depth++;
        if (expected != options)
        {
            Fault = "The same choices led elsewhere: the code under test is not deterministic.";
        }

        return Math.Min(chosen, options - 1);
    }

    private bool Backtrack()
    {
        while (_choices.Count > 0)
        {
            (int chosen, int options) = _choices[^1];
            _choices.RemoveAt(_choices.Count - 1);
            if (chosen + 1 < options)
            {
                _choices.Add((chosen + 1, options));
                return true;
            }
        }

        return false;
    }
}
