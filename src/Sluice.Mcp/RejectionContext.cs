namespace Sluice.Mcp;

/// <summary>What the form of a rejection depends on, apart from the decision.</summary>
/// <param name="Message">The message that is rejected.</param>
/// <param name="Era">The era of the client.</param>
/// <param name="Accept">The request's <c>Accept</c> header, or null.</param>
public readonly record struct RejectionContext(McpMessage Message, McpEra Era, string? Accept);
