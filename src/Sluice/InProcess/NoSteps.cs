using System.Runtime.CompilerServices;

namespace Sluice;

/// <summary>No step is reported; those calls compile to nothing.</summary>
internal readonly struct NoSteps : ICommitSteps
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reach(CommitStep step)
    {
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Timestamp(ISystemClock clock) => BootTimeProvider.Timestamp();
}
