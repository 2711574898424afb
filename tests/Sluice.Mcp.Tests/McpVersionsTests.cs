namespace Sluice.Mcp.Tests;

public sealed class McpVersionsTests
{
    [Theory]
    [InlineData("2024-11-05", McpEra.Legacy)]
    [InlineData("2025-03-26", McpEra.Legacy)]
    [InlineData("2025-06-18", McpEra.Legacy)]
    [InlineData("2025-11-25", McpEra.Legacy)]
    [InlineData("2026-07-27", McpEra.Legacy)]
    [InlineData("2026-07-28", McpEra.Modern)]
    [InlineData("2026-07-29", McpEra.Modern)]
    [InlineData("2030-01-01", McpEra.Modern)]
    [InlineData(null, McpEra.Legacy)]
    [InlineData("", McpEra.Legacy)]
    [InlineData("DRAFT-2026-v1", McpEra.Legacy)]
    [InlineData("9999", McpEra.Legacy)]
    [InlineData("2026-07-28,2026-07-28", McpEra.Legacy)]
    [InlineData("2026-13-01", McpEra.Legacy)]
    [InlineData("zzzz-07-28", McpEra.Legacy)]
    public void EraOf_Version_IsModernFromTheFirstModernRevision(string? version, McpEra era) =>
        McpVersions.EraOf(version).ShouldBe(era);

    [Theory]
    [InlineData("2026-07-28", "2025-11-25", McpEra.Modern)]
    [InlineData("2025-11-25", "2026-07-28", McpEra.Legacy)]
    [InlineData(null, "2026-07-28", McpEra.Modern)]
    [InlineData("2026-07-28", null, McpEra.Modern)]
    [InlineData(null, null, McpEra.Legacy)]
    public void EraWith_HeaderAndBody_TheBodyGoesFirst(string? body, string? header, McpEra era)
    {
        McpMessage message = new() { Kind = McpMessageKind.Request, Method = "tools/list", ProtocolVersion = body };

        message.EraWith(header).ShouldBe(era);
    }
}
