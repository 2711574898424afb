namespace Sluice.Documents;

/// <summary>One document of a file, and where what is wrong with it is reported.</summary>
/// <param name="Root">The root.</param>
/// <param name="Faults">Takes the faults of the file.</param>
/// <param name="Warnings">Takes what is valid in the file and is probably not meant.</param>
internal sealed record SourceDocument(Node Root, FaultList Faults, FaultList Warnings);
