namespace Sluice.EndToEnd;

/// <summary>What the user of a client sees of a session in which the second call is beyond the limit.</summary>
/// <param name="ToolsBefore">How many tools the client lists, before the calls.</param>
/// <param name="Allowed">The first call.</param>
/// <param name="Refused">The second.</param>
/// <param name="ToolsAfter">How many tools it lists afterwards, in the same session where it has one.</param>
internal sealed record SessionReport(int ToolsBefore, Sighting Allowed, Sighting Refused, int ToolsAfter);
