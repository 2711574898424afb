using System.Text;

namespace Sluice.Mcp.Tests;

public sealed class McpReaderTests
{
    [Fact]
    public void TryRead_ToolCall_GivesWhatALimiterNeeds()
    {
        McpMessage message = Read("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search","arguments":{"q":"x"}}}""");

        message.Kind.ShouldBe(McpMessageKind.Request);
        message.Method.ShouldBe("tools/call");
        message.Operation.ShouldBe("search");
        Text(message.Id).ShouldBe("7");
        message.ProtocolVersion.ShouldBeNull();
    }

    [Theory]
    [InlineData("7")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.50")]
    [InlineData("1e400")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("\"\"")]
    [InlineData("\"a\\u0062\\ud800\"")]
    [InlineData("\"\\\"\"")]
    public void TryRead_IdOfEitherKind_IsKeptAsItsBytes(string id) =>
        Text(Read($$"""{ "id" : {{id}} , "method":"ping","jsonrpc":"2.0"}""").Id).ShouldBe(id);

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[1]")]
    public void TryRead_IdOfAnotherKind_IsRefused(string id) =>
        Fail($$"""{"jsonrpc":"2.0","id":{{id}},"method":"ping"}""").ShouldBe((400, -32600, "'id' must be a string or a number.", ""));

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", McpMessageKind.Notification, "notifications/initialized", null)]
    [InlineData("""{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x"}}""", McpMessageKind.Notification, "tools/call", "x")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"p","uri":"ignored"}}""", McpMessageKind.Request, "prompts/get", "p")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///a","name":"ignored"}}""", McpMessageKind.Request, "resources/read", "file:///a")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""", McpMessageKind.Request, "tools/list", null)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{}}""", McpMessageKind.Response, "", null)]
    [InlineData("""{"jsonrpc":"2.0","id":"a","error":{"code":1,"message":"m"}}""", McpMessageKind.Response, "", null)]
    public void TryRead_EveryKindOfMessage_IsToldApart(string body, McpMessageKind kind, string method, string? operation)
    {
        McpMessage message = Read(body);

        message.Kind.ShouldBe(kind);
        message.Method.ShouldBe(method);
        message.Operation.ShouldBe(operation);
    }

    [Theory]
    [InlineData("", "one complete JSON value")]
    [InlineData("   ", "one complete JSON value")]
    [InlineData("{", "one complete JSON value")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping"} x""", "one complete JSON value")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping"}{}""", "one complete JSON value")]
    [InlineData("""{"jsonrpc":"2.0","id":NaN,"method":"ping"}""", "one complete JSON value")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping",}""", "one complete JSON value")]
    [InlineData("""{"jsonrpc":"2.0","id":1,/* */"method":"ping"}""", "one complete JSON value")]
    [InlineData("\uFEFF{}", "byte order mark")]
    public void TryRead_NotJson_IsAParseError(string body, string rule)
    {
        (int status, int code, string message, _) = Fail(body);

        status.ShouldBe(400);
        code.ShouldBe(-32700);
        message.ShouldContain(rule);
    }

    [Fact]
    public void TryRead_NotUtf8_IsAParseError()
    {
        byte[] body = [.. """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"""u8, 0xC3, 0x28, .. "\"}}"u8];

        McpReader.TryRead(body, out _, out McpReadError? error).ShouldBeFalse();

        error!.Code.ShouldBe(-32700);
        error.Message.ShouldBe("The body is not UTF-8.");
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(10_000, false)]
    public void TryRead_Depth_IsBoundedAtSixtyFour(int depth, bool accepted)
    {
        // The envelope and params are two levels themselves.
        string arrays = new string('[', depth - 2) + new string(']', depth - 2);
        string body = """{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":""" + arrays + "}}";

        McpReader.TryRead(Encoding.UTF8.GetBytes(body), out _, out McpReadError? error).ShouldBe(accepted);

        (error?.Code).ShouldBe(accepted ? null : -32700);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""[{"jsonrpc":"2.0","id":1,"method":"ping"}]""")]
    public void TryRead_Batch_IsRefused(string body) =>
        Fail(body).ShouldBe((400, -32600, "Batches are not accepted. Send one message per request.", ""));

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("\"text\"")]
    public void TryRead_AnotherJsonValue_IsRefused(string body) =>
        Fail(body).ShouldBe((400, -32600, "The body is not a JSON object.", ""));

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}""")]
    [InlineData("""{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"},"params":{"name":"b"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","other":1,"other":2}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","other":1,"o\u0074her":2}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","params":{"k":1,"k":2}}""")]
    public void TryRead_DuplicateKey_IsRefused(string body)
    {
        (int status, int code, string message, string id) = Fail(body);

        (status, code, message, id).ShouldBe((400, -32600, "A key stands twice in one object.", "1"));
    }

    [Fact]
    public void TryRead_DuplicateId_EchoesNeither() =>
        Fail("""{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}""").Id.ShouldBe("");

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"Method":"tools/call"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"m\u0065thod":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","PARAMS":{"name":"a"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","param\u017f":{"name":"a"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","Name":"b"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","n\u0061me":"b"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"URI":"a"}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","params":{"_META":{}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","params":{"Arguments":{}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","params":{"requeststate":""}}""")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"param\u017F\":{}}")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"x\",\"params\":{\"tas\u212A\":{}}}")]
    public void TryRead_KeyThatOnlyLooksLikeTheProtocols_IsRefused(string body) =>
        Fail(body).ShouldBe((400, -32600, "A key differs from one of the protocol's only by case or by escapes.", "1"));

    [Fact]
    public void TryRead_DuplicatesInsideArguments_AreTheToolsBusiness() =>
        Read("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"name":1,"name":2,"Name":3,"n\u0061me":4}}}""")
            .Operation.ShouldBe("a");

    [Theory]
    [InlineData("tools/call ")]
    [InlineData("tools/call\\u0000")]
    [InlineData("")]
    [InlineData("tools call")]
    [InlineData("tööls")]
    public void TryRead_MethodWithOtherCharacters_IsRefused(string method)
    {
        (int status, int code, string message, string id) = Fail($$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}"}""");

        (status, code, id).ShouldBe((400, -32600, "1"));
        message.ShouldBe("'method' must be a string of 1 to 128 letters, digits and _ $ . / -");
    }

    [Fact]
    public void TryRead_MethodLengthLadder_AcceptsOneTo128()
    {
        Read(Ping(new string('m', 1))).Method.Length.ShouldBe(1);
        Read(Ping(new string('m', 128))).Method.Length.ShouldBe(128);
        Fail(Ping(new string('m', 129))).Code.ShouldBe(-32600);
    }

    [Theory]
    [InlineData("Tools/Call")]
    [InlineData("PROMPTS/GET")]
    [InlineData("resources/Read")]
    public void TryRead_MeteredMethodInDisguise_IsRefused(string method) =>
        Fail(Ping(method)).Message.ShouldBe("'method' differs from one of the protocol's only by case.");

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":1}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":null}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":{"a":1}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"\ud800"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1}""")]
    [InlineData("""{"jsonrpc":"2.0","result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","result":{}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{},"error":{}}""")]
    [InlineData("""{"jsonrpc":"1.0","id":1,"method":"x"}""")]
    [InlineData("""{"jsonrpc":2.0,"id":1,"method":"x"}""")]
    [InlineData("""{"id":1,"method":"x"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","params":[]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","params":null}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x","\ud800":1}""")]
    [InlineData("""{}""")]
    public void TryRead_NotJsonRpc_IsAnInvalidRequest(string body) => Fail(body).Code.ShouldBe(-32600);

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call"}""", "'params.name' of 'tools/call' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}""", "'params.name' of 'tools/call' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}""", "'params.name' of 'tools/call' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":["x"]}}""", "'params.name' of 'prompts/get' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"name":"x"}}""", "'params.uri' of 'resources/read' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\udc00"}}""", "'params.name' of 'tools/call' must be a string.")]
    public void TryRead_MeteredCallThatNamesNothing_IsInvalidParams(string body, string rule) =>
        Fail(body).ShouldBe((400, -32602, rule, "1"));

    [Fact]
    public void TryRead_FaultBeforeTheId_StillEchoesIt() =>
        Fail("""{"jsonrpc":"2.0","method":5,"params":[],"id":"later"}""").Id.ShouldBe("\"later\"");

    [Theory]
    [InlineData("2026-07-28", null, McpEra.Modern)]
    [InlineData(null, "2026-07-28", McpEra.Modern)]
    [InlineData(null, "2025-11-25", McpEra.Legacy)]
    [InlineData("2025-11-25", "2026-07-28", McpEra.Legacy)]
    [InlineData("2027-01-01", null, McpEra.Modern)]
    [InlineData("zzzz", "2026-07-28", McpEra.Legacy)]
    [InlineData(null, null, McpEra.Legacy)]
    public void EraWith_BodyAndHeader_TheBodyGoesFirst(string? body, string? header, McpEra era)
    {
        string meta = body is null ? "" : $$"""{"io.modelcontextprotocol/protocolVersion":"{{body}}"}""";
        string parameters = body is null ? "{}" : $$"""{"_meta":{{meta}} }""";

        Read($$"""{"jsonrpc":"2.0","id":1,"method":"x","params":{{parameters}} }""").EraWith(header).ShouldBe(era);
    }

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("Application/JSON; charset=UTF-8", true)]
    [InlineData("application/json; charset=\"utf-8\"; v=1", true)]
    [InlineData("application/json; charset=utf-16", false)]
    [InlineData("application/json-rpc", false)]
    [InlineData("text/plain", false)]
    [InlineData("text/plain, application/json", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void IsJson_MediaType_IsTheOneThatABodyMustHave(string? contentType, bool accepted) =>
        McpReader.IsJson(contentType).ShouldBe(accepted);

    [Fact]
    public void TryRead_OrdinaryCall_AllocatesLittle()
    {
        byte[] body = """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search","arguments":{"q":"x"}}}"""u8.ToArray();
        McpReader.TryRead(body, out _, out _);

        long before = GC.GetAllocatedBytesForCurrentThread();
        McpReader.TryRead(body, out _, out _);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(250); // The message, its method and its name.
    }

    private static string Ping(string method) => $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}"}""";

    private static McpMessage Read(string body)
    {
        McpReader.TryRead(Encoding.UTF8.GetBytes(body), out McpMessage? message, out McpReadError? error).ShouldBeTrue(error?.Message);
        return message!;
    }

    private static (int Status, int Code, string Message, string Id) Fail(string body)
    {
        McpReader.TryRead(Encoding.UTF8.GetBytes(body), out McpMessage? message, out McpReadError? error).ShouldBeFalse();
        message.ShouldBeNull();
        return (error!.Status, error.Code, error.Message, Text(error.Id));
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
