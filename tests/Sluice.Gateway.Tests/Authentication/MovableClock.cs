using Microsoft.Extensions.Time.Testing;

namespace Sluice.Gateway.Tests;

/// <summary>A clock that only the test moves, with the system's timers, so that moving it fires none.</summary>
internal sealed class MovableClock() : FakeTimeProvider(Start)
{
    internal static new DateTimeOffset Start { get; } = new(2026, 7, 28, 12, 0, 0, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, dueTime, period);
}
