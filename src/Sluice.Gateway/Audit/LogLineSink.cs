using System.Text;

namespace Sluice.Gateway;

/// <summary>Puts audit events into the log of the program, one entry each.</summary>
internal sealed partial class LogLineSink(ILogger logger) : ILineSink
{
    /// <inheritdoc/>
    public bool HasRoomFor(int bytes) => false; // Each line is an entry of its own.

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> lines) => Event(logger, Encoding.UTF8.GetString(lines.TrimEnd((byte)'\n')));

    /// <inheritdoc/>
    public string? TakeFault() => null;

    public void Dispose()
    {
    }

    [LoggerMessage(1, LogLevel.Information, "{Event}")]
    private static partial void Event(ILogger logger, string @event);
}
