using System.Runtime.CompilerServices;

namespace Sluice.Gateway.Tests;

/// <summary>Waits for what happens in the background, with time for a machine that is short of it.</summary>
internal static class Wait
{
    private static readonly TimeSpan Generous = TimeSpan.FromMinutes(1);

    /// <summary>Waits until a condition holds.</summary>
    internal static async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        using CancellationTokenSource late = new(Generous);
        while (!condition())
        {
            late.IsCancellationRequested.ShouldBeFalse($"It never came about: {text}");
            await Task.Delay(10, CancellationToken.None);
        }
    }
}
