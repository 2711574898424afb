namespace Sluice.Configuration;

/// <summary>Values of two fields that go together.</summary>
/// <param name="Field">One field.</param>
/// <param name="Values">Its values.</param>
/// <param name="Other">The other field.</param>
/// <param name="OtherValues">The values that go with any of those.</param>
internal sealed record FieldCombination(string Field, string[] Values, string Other, string[] OtherValues);
