namespace Sluice.Benchmarks;

/// <summary>A program that a benchmark starts is not installed; the message says how to install it.</summary>
internal sealed class MissingProgramException(string message, Exception? inner = null) : Exception(message, inner);
