using System.Text;

namespace Sluice.Mcp.Tests;

public sealed class McpReaderMemoryTests
{
    private const string ToolsCall =
        """{"method":"tools/call","params":{"name":"search","arguments":{"query":"sluice gates","limit":10}},"jsonrpc":"2.0","id":7}""";

    private const string ModernToolsCall =
        """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"name":"search","arguments":{"query":"sluice gates"}}}""";

    [Theory]
    [InlineData(ToolsCall)]
    [InlineData(ModernToolsCall)]
    public void TryRead_OrdinaryToolsCall_AllocatesTheMessageAndTheName(string body)
    {
        const int Message = 72; // Object header, kind, three references, and the id's memory.
        const int Name = 40; // "search" as a string.

        AllocatedBy(Encoding.UTF8.GetBytes(body)).ShouldBeLessThanOrEqualTo(Message + Name);
    }

    [Fact]
    public void TryRead_ArgumentsOfFourMegabytes_AllocateNothingMore()
    {
        string arguments = new('x', 4 << 20);
        byte[] body = Encoding.UTF8.GetBytes(ToolsCall.Replace("sluice gates", arguments, StringComparison.Ordinal));

        AllocatedBy(body).ShouldBe(AllocatedBy(Encoding.UTF8.GetBytes(ToolsCall)));
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"LONG"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"LONG"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"LONG"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":"LONG","method":"ping"}""")]
    [InlineData("""{"jsonrpc":"LONG","id":7,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"LONG"}}}""")]
    public void TryRead_StringOfTenMegabytes_AllocatesNothingForIt(string body) =>
        AllocatedBy(Encoding.UTF8.GetBytes(body.Replace("LONG", new string('x', 10_000_000), StringComparison.Ordinal)))
            .ShouldBeLessThan(1_000);

    [Fact]
    public void TryRead_TenMegabytesOfKeys_AllocatesLessThanTheBody()
    {
        StringBuilder body = new("""{"jsonrpc":"2.0","id":7,"method":"ping","params":{""");
        for (int i = 0; body.Length < 10_000_000; i++)
        {
            body.Append('"').Append(i).Append("\":1,");
        }

        byte[] bytes = Encoding.UTF8.GetBytes(body.Append("\"last\":1}}").ToString());

        AllocatedBy(bytes).ShouldBeLessThan(200_000);
    }

    private static long AllocatedBy(byte[] body) => Allocations.Least(() => McpReader.TryRead(body, out _, out _));
}
