namespace Sluice.EndToEnd.Harness;

/// <summary>What a program that has ended left behind.</summary>
public sealed record ProcessResult(int ExitCode, string Output, string Errors);
