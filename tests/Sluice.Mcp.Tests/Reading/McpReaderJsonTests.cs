using System.Text;

namespace Sluice.Mcp.Tests;

/// <summary>Bodies that are not one JSON text in UTF-8: 400 and -32700.</summary>
public sealed class McpReaderJsonTests
{
    private const string Ping = """{"jsonrpc":"2.0","id":7,"method":"ping"}""";

    [Theory]
    [InlineData("", "")]
    [InlineData("   ", "")]
    [InlineData("nonsense", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"pin""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping" """, "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7""", "")] // The id may have been cut.
    [InlineData("""{"jsonrpc":"2.0","id":"7" """, "\"7\"")]
    [InlineData("""{"jsonrpc":"2.0","id":"7""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping"}x""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping"}{}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping",}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping"}//""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,/**/"method":"ping"}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":NaN,"method":"ping"}""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","params":{"a":Infinity}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":01,"method":"ping"}""", "")]
    [InlineData("""{'jsonrpc':'2.0','id':7,'method':'ping'}""", "")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"pi\nng\"}", "7")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\"}\0", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"id":8,"method":}""", "")]
    [InlineData("""[{"jsonrpc":"2.0","id":7,"method":"ping"}""", "")]
    public void TryRead_NotOneCompleteValue_IsAParseError(string body, string id)
    {
        McpReadError error = Read.Error(body);

        error.Code.ShouldBe(-32700);
        error.Message.ShouldBe("The body is not one complete JSON value.");
        Read.Id(error).ShouldBe(id);
    }

    [Fact]
    public void TryRead_CutAnywhere_IsAParseError()
    {
        byte[] whole = Encoding.UTF8.GetBytes(
            """{"jsonrpc":"2.0","id":12345,"method":"tools/call","params":{"name":"séarch","arguments":{"a":[1,{}]}}}""");
        for (int length = 0; length < whole.Length; length++)
        {
            McpReadError error = Read.Error(whole[..length]);
            error.Code.ShouldBe(-32700, $"at {length}");
            Read.Id(error).ShouldBeOneOf("", "12345");
        }
    }

    [Fact]
    public void TryRead_ByteOrderMark_IsAParseError()
    {
        McpReadError error = Read.Error([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Ping)]);

        error.Code.ShouldBe(-32700);
        error.Message.ShouldBe("The body begins with a byte order mark.");
    }

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC0, 0xAF })] // '/' in more bytes than it needs.
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })] // A surrogate.
    [InlineData(new byte[] { 0xF4, 0x90, 0x80, 0x80 })] // Beyond U+10FFFF.
    [InlineData(new byte[] { 0xC3 })]
    public void TryRead_NotUtf8InsideAString_IsAParseError(byte[] bytes)
    {
        byte[] body = [
            .. """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"n","arguments":{"a":" """u8,
            .. bytes,
            .. "\"}}}"u8];

        McpReadError error = Read.Error(body);

        error.Code.ShouldBe(-32700);
        error.Message.ShouldBe("The body is not UTF-8.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryRead_Utf16_IsAParseError(bool bigEndian) =>
        Read.Error(new UnicodeEncoding(bigEndian, byteOrderMark: false).GetBytes(Ping)).Code.ShouldBe(-32700);

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"\ud800"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"\udc00x"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"prompts/get","params":{"name":"\ud83d\ud83d\ude00"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"\\\ud800\\"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"n","\ud800":1}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","a\udfff":1}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":"\ud800","method":"ping"}""", "")]
    public void TryRead_HalfASurrogatePairInTheProtocol_IsAParseError(string body, string id)
    {
        McpReadError error = Read.Error(body);

        error.Code.ShouldBe(-32700);
        error.Message.ShouldBe("A string of the protocol holds half of a surrogate pair.");
        Read.Id(error).ShouldBe(id);
    }

    [Theory]
    [InlineData(62, true)]
    [InlineData(63, false)]
    [InlineData(64, false)]
    [InlineData(10_000, false)]
    public void TryRead_Depth_EndsAt64Levels(int levelsInParams, bool isRead)
    {
        string open = new('[', levelsInParams);
        string close = new(']', levelsInParams);
        string body = $$"""{"method":"tools/call","params":{"name":"n","arguments":{{open}}{{close}}},"jsonrpc":"2.0","id":7}""";

        if (isRead)
        {
            Read.Message(body).Operation.ShouldBe("n");
            return;
        }

        McpReadError error = Read.Error(body);
        error.Code.ShouldBe(-32700);
        error.Message.ShouldBe("The body is nested deeper than 64 levels.");
        Read.Id(error).ShouldBe("7"); // The TypeScript clients write it last.
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("[")]
    public void TryRead_FourMillionLevels_IsAParseError(string level)
    {
        StringBuilder body = new("""{"jsonrpc":"2.0","id":7,"method":"ping","params":""");
        body.Insert(body.Length, level, 4_000_000);

        Read.Id(Read.Error(body.ToString())).ShouldBe("7");
    }
}
