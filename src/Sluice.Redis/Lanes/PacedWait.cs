namespace Sluice.Redis;

/// <summary>Waits for an answer, by what has arrived and not by how late this process is.</summary>
internal static class PacedWait
{
    /// <summary>How many times the queued work of the thread pool runs first: reading an answer, parsing it, and handing it out.</summary>
    private const int Turns = 3;

    /// <summary>Waits for a task, for a time in which this process can work.</summary>
    /// <returns>Whether the task has ended, in whatever way.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal static async Task<bool> ForAsync(Task task, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        PacedClock clock = new(time, timeout);
        clock.Start();
        PacedClock.Instant now = clock.Now;
        PacedClock.Instant end = clock.Deadline;
        while (!task.IsCompleted && !clock.IsUp(end, now))
        {
            using CancellationTokenSource isDone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task pause = Task.Delay(clock.Until(end, now), time, isDone.Token);
            await Task.WhenAny(task, pause).ConfigureAwait(false);
            await isDone.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            now = clock.Look();
        }

        if (!task.IsCompleted)
        {
            await OthersFirstAsync().ConfigureAwait(false);
        }

        return task.IsCompleted;
    }

    /// <summary>Waits until the thread pool has run the work that is queued now, and the work that follows from it.</summary>
    internal static async Task OthersFirstAsync()
    {
        for (int i = 0; i < Turns; i++)
        {
            TaskCompletionSource turn = new(TaskCreationOptions.RunContinuationsAsynchronously);
            ThreadPool.UnsafeQueueUserWorkItem(static turn => turn.SetResult(), turn, preferLocal: false);
            await turn.Task.ConfigureAwait(false);
        }
    }
}
