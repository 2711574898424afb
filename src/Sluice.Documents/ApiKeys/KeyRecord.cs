namespace Sluice.Documents;

/// <summary>Where the rest of a key is.</summary>
/// <param name="TextStart">Where its user and its name begin among all texts.</param>
/// <param name="Grant">The index of what it has besides.</param>
/// <param name="Slot">Where its digest is.</param>
internal readonly record struct KeyRecord(int TextStart, int Grant, int Slot);
