using System.Text;

namespace Sluice.Mcp.Tests;

public sealed class McpHeadersTests
{
    private const string Modern = "2026-07-28";

    [Theory]
    [InlineData("tools/call", "search", Modern, null)]
    [InlineData("tools/call", "=?base64?c2VhcmNo?=", Modern, null)]
    [InlineData("tools/call", "=?BASE64?c2VhcmNo?=", Modern, null)]
    [InlineData(null, "search", Modern, "The header 'Mcp-Method' is missing.")]
    [InlineData("tools/list", "search", Modern, "The header 'Mcp-Method' is not the body's method.")]
    [InlineData("Tools/Call", "search", Modern, "The header 'Mcp-Method' is not the body's method.")]
    [InlineData("tools/call, tools/call", "search", Modern, "The header 'Mcp-Method' is not the body's method.")]
    [InlineData("tools/call", null, Modern, "The header 'Mcp-Name' is missing.")]
    [InlineData("tools/call", "Search", Modern, "The header 'Mcp-Name' is not what the body names.")]
    [InlineData("tools/call", "=?base64?c2VhcmN?=", Modern, "The header 'Mcp-Name' is not what the body names.")]
    [InlineData("tools/call", "=?base64?/w==?=", Modern, "The header 'Mcp-Name' is not what the body names.")]
    [InlineData("tools/call", "=?base64?=", Modern, "The header 'Mcp-Name' is not what the body names.")]
    [InlineData("tools/call", "search", null, "The header 'MCP-Protocol-Version' is missing.")]
    [InlineData("tools/call", "search", "2025-11-25", "The header 'MCP-Protocol-Version' is not the version in the body.")]
    public void FindMismatch_ModernCall_IsFound(string? method, string? name, string? version, string? fault)
    {
        McpReadError? error = McpHeaders.FindMismatch(Read(Modern), method, name, version);

        error?.Message.ShouldBe(fault);
        (error is null).ShouldBe(fault is null);
        if (error is not null)
        {
            (error.Status, error.Code, Encoding.UTF8.GetString(error.Id.Span)).ShouldBe((400, -32020, "7"));
        }
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("tools/call", "search", null)]
    [InlineData(null, "other", "The header 'Mcp-Name' is not what the body names.")]
    [InlineData("tools/list", null, "The header 'Mcp-Method' is not the body's method.")]
    public void FindMismatch_OlderCall_MayLackHeadersAndNotContradictThem(string? method, string? name, string? fault) =>
        McpHeaders.FindMismatch(Read(null), method, name, "2025-11-25")?.Message.ShouldBe(fault);

    [Fact]
    public void FindMismatch_OlderCallWithoutHeaders_IsNone() =>
        McpHeaders.FindMismatch(Read(null), null, null, null).ShouldBeNull();

    [Fact]
    public void FindMismatch_NameOutsideAscii_MustBeEncoded()
    {
        McpMessage message = Read(Modern, "\u6c34");
        string encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes("\u6c34"));

        McpHeaders.FindMismatch(message, "tools/call", $"=?base64?{encoded}?=", Modern).ShouldBeNull();
        McpHeaders.FindMismatch(message, "tools/call", Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("\u6c34")), Modern).ShouldNotBeNull();
    }

    private static McpMessage Read(string? version, string name = "search")
    {
        string meta = version is null ? "" : $$""","_meta":{"io.modelcontextprotocol/protocolVersion":"{{version}}"}""";
        string body = $$$"""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"{{{name}}}"{{{meta}}}}}""";
        McpReader.TryRead(Encoding.UTF8.GetBytes(body), out McpMessage? message, out _).ShouldBeTrue();
        return message!;
    }
}
