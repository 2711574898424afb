using System.Runtime.InteropServices;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Runs long work beside the calls: on a thread of its own, in short pieces, which gives the processor to calls first.</summary>
/// <remarks>
/// <para>
/// A thread of the pool would be missing for calls: on two processors the pool has two. The work pauses after each piece, at the next
/// <see cref="WorkPace.Step"/>. A priority alone does not do that: a thread that was woken up while another runs may have to wait for
/// the next tick of the system, which is 1 to 10 ms away, whatever the priority of the other one.
/// </para>
/// <para>
/// On Linux the thread has a lower priority too, and the shortest slice of time; .NET ignores <see cref="Thread.Priority"/> there, so
/// sched_setattr(2) sets both, which takes the calling thread for 0. Before Linux 6.12 the slice is ignored. The priority is not the
/// lowest one (SCHED_IDLE): a garbage collection runs on the thread that needs memory, and stops all calls until it ends.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static partial class BackgroundThread
{
    private const int Batch = 3; // SCHED_BATCH: a thread that computes, and takes no processor from another when it wakes up.
    private const int Niceness = 10; // From 0, the usual one, to 19.
    private const ulong SliceNanoseconds = 100_000; // The least that Linux takes.
    private const uint PauseMicroseconds = 20; // Linux adds 50.
    private static readonly TimeSpan Piece = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan Growth = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs the work; what it throws is thrown by the task.</summary>
    internal static Task<T> RunAsync<T>(Func<T> work)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Start("Sluice background", ThreadPriority.Normal, () => Wait(work, done));
        return done.Task;
    }

    /// <summary>Runs work that starts other work, or that calls may wait for: on a thread of its own, with the usual priority.</summary>
    internal static Task<T> RunAtUsualPriorityAsync<T>(Func<T> work)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Start("Sluice background", ThreadPriority.Normal, () =>
        {
            WorkInPieces();
            Run(work, done)();
        });
        return done.Task;
    }

    // A thread inherits the priority of the one that starts it. The task must therefore be completed by a thread of usual priority: the
    // pool may need another thread for what follows, and would keep it.
    private static void Wait<T>(Func<T> work, TaskCompletionSource<T> done)
    {
        Action? complete = null;
        Thread worker = Start("Sluice work", ThreadPriority.BelowNormal, () =>
        {
            LowerPriority();
            WorkInPieces();
            complete = Run(work, done);
        });
        worker.Join();
        complete!();
    }

    private static Action Run<T>(Func<T> work, TaskCompletionSource<T> done)
    {
        try
        {
            T result = work();
            return () => done.SetResult(result);
        }
        catch (Exception exception)
        {
            return () => done.SetException(exception);
        }
    }

    private static Thread Start(string name, ThreadPriority priority, Action run)
    {
        Thread thread = new(() => run()) { IsBackground = true, Name = name, Priority = priority };
        thread.Start();
        return thread;
    }

    private static void WorkInPieces() => new WorkPace(TimeProvider.System, Piece, Growth, Pause).Begin();

    private static void Pause()
    {
        if (OperatingSystem.IsWindows())
        {
            Thread.Yield(); // A sleep takes a millisecond or more, also on Windows.
        }
        else
        {
            _ = USleep(PauseMicroseconds); // A sleep of .NET takes a millisecond or more. A signal may end this one early, without harm.
        }
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int USleep(uint microseconds);

    private static void LowerPriority()
    {
        if (OperatingSystem.IsLinux() && NumberOfSetAttributes is long number)
        {
            SchedulingAttributes attributes = new()
            {
                Size = (uint)Marshal.SizeOf<SchedulingAttributes>(),
                Policy = Batch,
                Nice = Niceness,
                Runtime = SliceNanoseconds,
            };
            _ = SetAttributes(number, 0, in attributes, 0); // Where it is not allowed, the work runs as all other does.
        }
    }

    // The C library has no function for this system call before glibc 2.41.
    private static long? NumberOfSetAttributes => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 314,
        Architecture.Arm64 => 274,
        _ => null,
    };

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SetAttributes(long number, long thread, in SchedulingAttributes attributes, long flags);

    // struct sched_attr of linux/sched/types.h, first version.
    [StructLayout(LayoutKind.Sequential)]
    private struct SchedulingAttributes
    {
        internal uint Size;
        internal uint Policy;
        internal ulong Flags;
        internal int Nice;
        internal uint Priority;
        internal ulong Runtime;
        internal ulong Deadline;
        internal ulong Period;
    }
}
