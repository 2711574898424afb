using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Sluice.Redis.Tests;

/// <summary>Keeps what a store logs.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(string Name, string Text)> _lines = new();

    /// <summary>The texts of the events of a name.</summary>
    internal string[] Of(string name) => [.. _lines.Where(line => line.Name == name).Select(line => line.Text)];

    /// <summary>Forgets all lines.</summary>
    internal void Clear() => _lines.Clear();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("It keeps the lines itself.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Name ?? "", formatter(state, exception)));

    public void Dispose()
    {
    }
}
