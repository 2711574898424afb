using Microsoft.Extensions.Time.Testing;

namespace Sluice.Kubernetes.Tests.Api;

/// <summary>Waits for what another thread does.</summary>
internal static class Until
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Waits for a condition. The clock of the code under test is moved meanwhile, so that its pauses end.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="what">What it is.</param>
    /// <param name="time">The clock to move; null for none.</param>
    /// <param name="step">How far it is moved each time.</param>
    internal static async Task TrueAsync(Func<bool> condition, string what, FakeTimeProvider? time = null, TimeSpan? step = null)
    {
        using CancellationTokenSource late = new(Longest, TimeProvider.System);
        while (!condition())
        {
            late.IsCancellationRequested.ShouldBeFalse($"It did not happen: {what}");
            time?.Advance(step ?? TimeSpan.FromMilliseconds(200));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
