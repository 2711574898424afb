namespace Sluice.Configuration;

/// <summary>A document cannot be read on; its fault has been added.</summary>
internal sealed class UnreadableException : Exception;
