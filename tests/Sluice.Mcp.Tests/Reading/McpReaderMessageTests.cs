namespace Sluice.Mcp.Tests;

public sealed class McpReaderMessageTests
{
    [Fact]
    public void TryRead_ToolsCall_GivesMethodNameAndId()
    {
        McpMessage message = Read.Message(
            """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search","arguments":{"q":"x"}}}""");

        message.Kind.ShouldBe(McpMessageKind.Request);
        message.Method.ShouldBe("tools/call");
        message.Operation.ShouldBe("search");
        Read.Id(message).ShouldBe("7");
        message.ProtocolVersion.ShouldBeNull();
        message.IsMeterable.ShouldBeTrue();
    }

    [Fact]
    public void TryRead_KeysInAnyOrder_GivesTheSame()
    {
        McpMessage message = Read.Message(
            """ {"params" : {"arguments":{}, "name":"search"}, "method":"tools/call", "jsonrpc":"2.0", "id":"a"} """);

        message.Operation.ShouldBe("search");
        Read.Id(message).ShouldBe("\"a\"");
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"greet"}}""", "greet")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///a"}}""", "file:///a")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///a","name":5}}""", "file:///a")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"uri":"file:///a","name":"n"}}""", "n")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":""}}""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"  Search "}}""", "  Search ")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"s\u0065arch \ud83d\ude00 \"q\""}}""", "search \U0001F600 \"q\"")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools\/call","params":{"name":"n"}}""", "n")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"name":"n","cursor":"c"}}""", null)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"file:///a"}}""", null)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"custom/do","params":{"name":{"first":"n"},"uri":[1]}}""", null)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", null)]
    public void TryRead_Method_NamesTheOperationOfItsKind(string body, string? operation) =>
        Read.Message(body).Operation.ShouldBe(operation);

    [Theory]
    [InlineData("0")]
    [InlineData("-0")]
    [InlineData("1.0")]
    [InlineData("1e5")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("\"\"")]
    [InlineData("\"0\"")]
    [InlineData("\"a\\u0062 \\\"c\\\" \\ud83d\\ude00 é\"")]
    public void TryRead_Id_IsKeptByteForByte(string id) =>
        Read.Id(Read.Message($$"""{"jsonrpc":"2.0","id": {{id}} ,"method":"ping"}""")).ShouldBe(id);

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", McpMessageKind.Notification, false)]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/made/up","params":{}}""", McpMessageKind.Notification, false)]
    [InlineData("""{"jsonrpc":"2.0","method":"tools/call","params":{"name":"search"}}""", McpMessageKind.Notification, true)]
    [InlineData("""{"jsonrpc":"2.0","method":"ping"}""", McpMessageKind.Notification, true)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping"}""", McpMessageKind.Request, true)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{}}""", McpMessageKind.Response, false)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":null}""", McpMessageKind.Response, false)]
    [InlineData("""{"jsonrpc":"2.0","id":"s","error":{"code":1,"message":"m"}}""", McpMessageKind.Response, false)]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":1,"message":"m"}}""", McpMessageKind.Response, false)]
    public void TryRead_Message_IsOfItsKind(string body, McpMessageKind kind, bool isMeterable)
    {
        McpMessage message = Read.Message(body);

        message.Kind.ShouldBe(kind);
        message.IsMeterable.ShouldBe(isMeterable);
    }

    [Fact]
    public void TryRead_ToolsCallWithoutId_NamesItsOperation() =>
        Read.Message("""{"jsonrpc":"2.0","method":"tools/call","params":{"name":"search"}}""").Operation.ShouldBe("search");

    [Theory]
    [InlineData("""{"name":"n","arguments":{"a":1,"a":2,"name":"x","Name":"y","method":"z"}}""")]
    [InlineData("""{"name":"n","arguments":{"\u006eame":1,"\ud800":"\udfff"}}""")]
    [InlineData("""{"name":"n","_meta":{"a":1,"a":2,"progressToken":5}}""")]
    [InlineData("""{"name":"n","arguments":[1,2]}""")]
    [InlineData("""{"name":"n","arguments":null,"other":1,"Other":2,"\u00e9":3}""")]
    public void TryRead_WhatLiesDeeper_PassesUntouched(string parameters) =>
        Read.Message($$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{parameters}},"extra":true}""")
            .Operation.ShouldBe("n");

    [Theory]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}""", "2026-07-28")]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}}""", "2025-11-25")]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-2\u0038"}}""", "2026-07-28")]
    [InlineData("""{"_meta":{"io.modelcontextprotocol\/protocolVersion":"2026-07-28"}}""", "2026-07-28")]
    [InlineData("""{"_meta":{"x":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}""", null)]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":20260728}}""", null)]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":{"a":1}}}""", null)]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":"\ud800"}}""", null)]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":"123456789012345678901234567890123"}}""", null)]
    [InlineData("""{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/protocolVersion":1}}""", null)]
    [InlineData("""{"_meta":"io.modelcontextprotocol/protocolVersion"}""", null)]
    [InlineData("""{"_meta":{"\ud800":1}}""", null)]
    [InlineData("""{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}""", null)]
    public void TryRead_Meta_GivesTheProtocolVersion(string parameters, string? version) =>
        Read.Message($$"""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{parameters}}}""")
            .ProtocolVersion.ShouldBe(version);
}
