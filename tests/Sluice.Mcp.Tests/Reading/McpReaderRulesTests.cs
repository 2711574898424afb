using System.Text;

namespace Sluice.Mcp.Tests;

/// <summary>JSON that is not one message that everybody reads alike: 400 and -32600 or -32602.</summary>
public sealed class McpReaderRulesTests
{
    private const string KeyTwice = "A key is there twice in the message or in 'params'.";
    private const string KeyInDisguise =
        "A key of the message or of 'params' differs from one of the protocol's only by case or by escapes.";

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","method":"tools/call"}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","method":"ping"}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","jsonrpc":"2.0","id":7,"method":"ping"}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","params":{},"params":{}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"id":7,"method":"ping"}""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":1,"result":2}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"error":1,"error":2}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","x":1,"x":2}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","xé":1,"x\u00e9":2}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","name":"b"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"a","uri":"b"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","arguments":{},"arguments":{}}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","_meta":{},"_meta":{}}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"cursor":"a","cursor":"b"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"a":1,"\u0061":2}}""", "7")]
    public void TryRead_KeyTwice_IsInvalid(string body, string id) => ShouldBeInvalid(body, KeyTwice, id);

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"Method":"tools/call"}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","METHOD":"tools/call"}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","PARAMS":{}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","par\u0061ms":{}}""", "7")]
    [InlineData("""{"JsonRpc":"2.0","id":7,"method":"ping"}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","Id":7,"method":"ping"}""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"ID":8,"method":"ping"}""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"\u0069d":8,"method":"ping"}""", "")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"Result":{}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"ERROR":{}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","param\u017f":{}}""", "7")] // Go reads the long s as an s.
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","paramſ":{}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"n\u0061me":"a","name":"b"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"b","Name":"a"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"b","URI":"a"}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"b","Arguments":{}}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"b","_META":{}}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"b","tas\u212A":{}}}""", "7")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"b","requeststate":""}}""", "7")]
    public void TryRead_KeyThatResemblesAProtocolKey_IsInvalid(string body, string id) =>
        ShouldBeInvalid(body, KeyInDisguise, id);

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","method\u0000":"tools/call"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a","name\u0000x":"b"}}""")]
    public void TryRead_KeyWithTheCharacterZero_IsInvalid(string body) =>
        ShouldBeInvalid(body, "A key of the message or of 'params' holds the character zero.", "7");

    [Theory]
    [InlineData(999, true)]
    [InlineData(1_000, true)]
    [InlineData(1_001, false)]
    public void TryRead_UnknownKeys_EndAtOneThousand(int count, bool isRead)
    {
        string keys = string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":{i}"));
        string body = $$"""{"jsonrpc":"2.0","id":7,"method":"ping","params":{ {{keys}} } }""";

        McpReader.TryRead(Encoding.UTF8.GetBytes(body), out _, out McpReadError? error).ShouldBe(isRead);

        error?.Message.ShouldBe("The message and 'params' may each have 1000 keys that the protocol does not know.");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""[{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a"}}]""")]
    [InlineData("""[{"jsonrpc":"2.0","id":7,"method":"ping"},{"jsonrpc":"2.0","id":8,"method":"ping"}]""")]
    public void TryRead_Batch_IsInvalid(string body) =>
        ShouldBeInvalid(body, "Batches are not accepted. Send one message per request.", "");

    [Theory]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("\"ping\"")]
    [InlineData("true")]
    public void TryRead_NotAnObject_IsInvalid(string body) => ShouldBeInvalid(body, "The body is not a JSON object.", "");

    [Theory]
    [InlineData("""{"id":7,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"1.0","id":7,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":2.0,"id":7,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":["2.0"],"id":7,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"2.0 ","id":7,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":"\ud800","id":7,"method":"ping"}""")]
    [InlineData("""{"jsonrpc":null,"id":7,"method":"ping"}""")]
    public void TryRead_OtherVersionOfJsonRpc_IsInvalid(string body) =>
        ShouldBeInvalid(body, "'jsonrpc' must be \"2.0\".", "7");

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("{}")]
    [InlineData("[7]")]
    public void TryRead_IdOfAnotherKind_IsInvalid(string id) =>
        ShouldBeInvalid($$"""{"jsonrpc":"2.0","id":{{id}},"method":"ping"}""", "'id' must be a string or a number.", "");

    [Theory]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("""{"a":1}""")]
    [InlineData("\"\"")]
    [InlineData("\"tools/call \"")]
    [InlineData("\" tools/call\"")]
    [InlineData("\"tools/call\\u0000\"")]
    [InlineData("\"tools call\"")]
    [InlineData("\"tools/cäll\"")]
    [InlineData("\"tools\\\\call\"")]
    [InlineData("\"tools:call\"")]
    [InlineData("\"\\ud800\"")]
    public void TryRead_MethodOutsideItsCharacters_IsInvalid(string method)
    {
        const string Rule = "'method' must be a string of 1 to 128 letters, digits and _ $ . / -";
        ShouldBeInvalid($$"""{"jsonrpc":"2.0","id":7,"method":{{method}}}""", Rule, "7");
        ShouldBeInvalid($$"""{"method":{{method}},"params":{},"jsonrpc":"2.0","id":7}""", Rule, "7");
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(127, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    [InlineData(1_000_000, false)]
    public void TryRead_LengthOfTheMethod_IsFrom1To128(int length, bool isRead)
    {
        foreach (string letter in (string[])["a", "\\u0061"])
        {
            string method = new StringBuilder().Insert(0, letter, length).ToString();
            byte[] body = Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":7,"method":"{{method}}"}""");
            McpReader.TryRead(body, out McpMessage? message, out McpReadError? error).ShouldBe(isRead);
            message?.Method.ShouldBe(new string('a', length));
            error?.Code.ShouldBe(-32600);
        }
    }

    [Fact]
    public void TryRead_EveryCharacterOfAMethod_IsAllowed() =>
        Read.Message("""{"jsonrpc":"2.0","method":"ABCXYZabcxyz0189_$./-"}""").Method.ShouldBe("ABCXYZabcxyz0189_$./-");

    [Theory]
    [InlineData("Tools/Call")]
    [InlineData("tools/calL")]
    [InlineData("tools/\\u0043all")]
    [InlineData("PROMPTS/GET")]
    [InlineData("resources/Read")]
    [InlineData("Initialize")]
    [InlineData("tools/List")]
    [InlineData("Notifications/initialized")]
    [InlineData("sampling/createmessage")]
    public void TryRead_MethodInAnotherCase_IsInvalid(string method) => ShouldBeInvalid(
        $$"""{"jsonrpc":"2.0","id":7,"method":"{{method}}","params":{"name":"a"} }""",
        "'method' differs from one of the protocol's only by case.",
        "7");

    [Theory]
    [InlineData("[]")]
    [InlineData("""["name"]""")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("\"name\"")]
    public void TryRead_ParamsOfAnotherKind_IsInvalid(string parameters)
    {
        ShouldBeInvalid(
            $$"""{"method":"tools/call","params":{{parameters}},"jsonrpc":"2.0","id":7}""", "'params' must be an object.", "7");
        ShouldBeInvalid($$"""{"jsonrpc":"2.0","id":7,"method":"ping","params":{{parameters}}}""", "'params' must be an object.", "7");
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7}""", "A message needs 'method', 'result' or 'error'.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"params":{"name":"a"}}""", "A message needs 'method', 'result' or 'error'.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"ping","result":{}}""", "A message has 'method', or 'result' or 'error', not both.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"error":{},"method":"ping"}""", "A message has 'method', or 'result' or 'error', not both.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"result":{},"error":{}}""", "A response has 'result' or 'error', not both.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"notifications/initialized"}""", "A notification has no 'id'.")]
    public void TryRead_NeitherRequestNorNotificationNorResponse_IsInvalid(string body, string rule) =>
        ShouldBeInvalid(body, rule, "7");

    [Fact]
    public void TryRead_ResultWithoutId_IsInvalid() =>
        ShouldBeInvalid("""{"jsonrpc":"2.0","result":{}}""", "A message with 'result' needs an 'id'.", "");

    [Fact]
    public void TryRead_SeveralRulesBroken_NamesTheFirst() =>
        ShouldBeInvalid("""{"id":7,"method":5,"method":"ping","Params":[]}""",
            "'method' must be a string of 1 to 128 letters, digits and _ $ . / -", "7");

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call"}""", "'params.name' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{}}""", "'params.name' must be a string.")]
    [InlineData("""{"params":{"name":5},"jsonrpc":"2.0","id":7,"method":"tools/call"}""", "'params.name' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":null}}""", "'params.name' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":["a"],"arguments":{"name":"b"}}}""", "'params.name' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"prompts/get","params":{"name":{"name":"a"}}}""", "'params.name' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"name":"a"}}""", "'params.uri' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":false}}""", "'params.uri' must be a string.")]
    [InlineData("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"a\u0000b"}}""", "'params.name' and 'params.uri' must not hold the character zero.")]
    public void TryRead_MeteredCallWithoutAName_IsInvalidParams(string body, string rule)
    {
        McpReadError error = Read.Error(body);

        error.Code.ShouldBe(-32602);
        error.Message.ShouldBe(rule);
        Read.Id(error).ShouldBe("7");
    }

    [Fact]
    public void TryRead_ToolsCallWithoutIdAndName_IsInvalidParams() =>
        Read.Error("""{"jsonrpc":"2.0","method":"tools/call"}""").Code.ShouldBe(-32602);

    [Theory]
    [InlineData("tools/call", "name", 8_191, true)]
    [InlineData("tools/call", "name", 8_192, true)]
    [InlineData("tools/call", "name", 8_193, false)]
    [InlineData("prompts/get", "name", 8_193, false)]
    [InlineData("resources/read", "uri", 8_192, true)]
    [InlineData("resources/read", "uri", 8_193, false)]
    public void TryRead_LengthOfTheOperation_EndsAt8192Bytes(string method, string key, int length, bool isRead)
    {
        string body = $$"""{"jsonrpc":"2.0","id":7,"method":"{{method}}","params":{"{{key}}":"{{new string('x', length)}}"} }""";

        McpReader.TryRead(Encoding.UTF8.GetBytes(body), out McpMessage? message, out McpReadError? error).ShouldBe(isRead);

        message?.Operation.ShouldBe(new string('x', length));
        error?.Code.ShouldBe(-32602);
        error?.Message.ShouldBe("'params.name' and 'params.uri' may take 8192 bytes.");
    }

    private static void ShouldBeInvalid(string body, string rule, string id)
    {
        McpReadError error = Read.Error(body);
        error.Message.ShouldBe(rule);
        error.Code.ShouldBe(-32600);
        Read.Id(error).ShouldBe(id);
    }
}
