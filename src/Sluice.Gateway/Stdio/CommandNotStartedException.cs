namespace Sluice.Gateway;

/// <summary>A command could not be started; the message says why, for the operator.</summary>
internal sealed class CommandNotStartedException(string message, Exception? cause = null) : Exception(message, cause);
