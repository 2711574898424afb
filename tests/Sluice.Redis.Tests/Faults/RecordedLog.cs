using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sluice.Redis.Tests;

/// <summary>What a store logged at <see cref="LogLevel.Information"/> and above.</summary>
internal sealed class RecordedLog : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(string Event, string Text)> _entries = new();

    /// <summary>The names of the events, in order.</summary>
    internal string[] Events => [.. _entries.Select(entry => entry.Event)];

    /// <summary>Everything, for a failed test's message.</summary>
    public override string ToString() => string.Join('\n', _entries.Select(entry => $"{entry.Event}: {entry.Text}"));

    /// <summary>Forgets what was logged so far.</summary>
    internal void Clear() => _entries.Clear();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It is the only provider.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _entries.Enqueue((eventId.Name ?? "", formatter(state, exception)));
        }
    }

    public void Dispose()
    {
        // What was logged is read after the store is gone.
    }
}
