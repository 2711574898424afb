namespace Sluice.Tests;

/// <summary>Runs operations on threads of their own, and notes when each was called and returned.</summary>
internal sealed class HistoryRecorder(IHistoryTarget target)
{
    private long _sequence;

    /// <summary>Runs one after another on this thread.</summary>
    internal void Run(Operation[] operations)
    {
        foreach (Operation operation in operations)
        {
            operation.CalledAt = Interlocked.Increment(ref _sequence);
            operation.Answer = target.Run(operation);
            operation.ReturnedAt = Interlocked.Increment(ref _sequence);
        }
    }
}
