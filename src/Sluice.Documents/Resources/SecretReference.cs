namespace Sluice.Documents;

/// <summary>A reference to a Secret of the same namespace.</summary>
/// <param name="Name">The Secret.</param>
/// <param name="Keys">The keys whose values are used.</param>
/// <param name="Path">Where the reference is written.</param>
internal sealed record SecretReference(string Name, string[] Keys, string Path);
