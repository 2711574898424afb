namespace Sluice.EndToEnd.Harness;

/// <summary>What the caller of a client saw of one step.</summary>
internal sealed record StepOutcome(string Step, bool Ok, JsonObject? Result, SeenError? Error);
