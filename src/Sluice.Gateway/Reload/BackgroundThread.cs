using System.Runtime.InteropServices;

namespace Sluice.Gateway;

/// <summary>Runs long work beside the calls: on a thread of its own, which gives the processor to calls first where the system allows it.</summary>
/// <remarks>
/// <para>
/// A thread of the pool would be missing for calls: on two processors the pool has two. On Linux the thread has a lower priority too;
/// .NET ignores <see cref="Thread.Priority"/> there, so the priority is set by setpriority(2), which takes the calling thread for 0.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static partial class BackgroundThread
{
    private const int OfProcess = 0; // PRIO_PROCESS
    private const int Niceness = 10; // From 0, the usual one, to 19.

    /// <summary>Runs the work; what it throws is thrown by the task.</summary>
    internal static Task<T> RunAsync<T>(Func<T> work)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() => Run(work, done)) { IsBackground = true, Name = "Sluice background", Priority = ThreadPriority.BelowNormal };
        thread.Start();
        return done.Task;
    }

    private static void Run<T>(Func<T> work, TaskCompletionSource<T> done)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = SetPriority(OfProcess, 0, Niceness); // Where it is not allowed, the work runs as all other does.
        }

        try
        {
            done.SetResult(work());
        }
        catch (Exception exception)
        {
            done.SetException(exception);
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
