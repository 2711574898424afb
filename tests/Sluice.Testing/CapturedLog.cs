using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sluice.Testing;

/// <summary>Keeps what is logged.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
/// <param name="least">The lowest level that is on.</param>
public sealed class CapturedLog(LogLevel least = LogLevel.Trace) : ILoggerFactory, ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<LoggedLine> _lines = new();

    /// <summary>All lines, with what belongs to them, in order.</summary>
    public LoggedLine[] Entries => [.. _lines];

    /// <summary>The texts of all lines, in order.</summary>
    public string[] Lines => [.. _lines.Select(line => line.Text)];

    /// <summary>The texts of the events of a name.</summary>
    public string[] Of(string name) => [.. _lines.Where(line => line.Event == name).Select(line => line.Text)];

    /// <summary>Forgets all lines.</summary>
    public void Clear() => _lines.Clear();

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It keeps the lines itself.");

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    /// <inheritdoc/>
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        ArgumentNullException.ThrowIfNull(formatter);
        if (IsEnabled(logLevel))
        {
            _lines.Enqueue(new LoggedLine(logLevel, eventId.Name ?? "", formatter(state, exception), exception));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
