using Microsoft.Extensions.Logging;

namespace Sluice.Testing;

/// <summary>A line of a log.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Event">The name of its event.</param>
/// <param name="Text">The line.</param>
/// <param name="Exception">The exception that was logged with it, if any.</param>
public sealed record LoggedLine(LogLevel Level, string Event, string Text, Exception? Exception);
