namespace Sluice.Documents;

/// <summary>Ends the reading of a document that cannot be read further; its fault has been added.</summary>
internal sealed class UnreadableException : Exception;
