using System.Globalization;

namespace Sluice.Gateway;

/// <summary>One line on standard error that says how far a command has come, where that is a terminal; it is gone at the end.</summary>
/// <remarks>Thread safety: one thread.</remarks>
internal sealed class ProgressLine(long expected, string unit) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private readonly bool _isShown = !Console.IsErrorRedirected;
    private readonly long _begin = TimeProvider.System.GetTimestamp();
    private TimeSpan _next = Interval * 2;
    private bool _hasWritten;

    /// <summary>Records how many calls were decided.</summary>
    internal void Report(long done)
    {
        if (!_isShown || TimeProvider.System.GetElapsedTime(_begin) is var elapsed && elapsed < _next)
        {
            return;
        }

        _next = elapsed + Interval;
        _hasWritten = true;
        Console.Error.Write(string.Create(
            CultureInfo.InvariantCulture, $"\r{done:N0} {unit}{(expected > 0 ? $", {Math.Min(1, (double)done / expected):P0}" : "")}   "));
    }

    public void Dispose()
    {
        if (_hasWritten)
        {
            Console.Error.Write($"\r{new string(' ', 40)}\r");
        }
    }
}
