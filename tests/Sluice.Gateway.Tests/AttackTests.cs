using System.Net;
using System.Text;

namespace Sluice.Gateway.Tests;

/// <summary>Ways to slip a call past a limit that is used up. None reaches the server unmetered, and each has its answer.</summary>
public sealed class AttackTests : IAsyncLifetime
{
    private const string Limits =
        """
        { shared: 3/1d, tools: [{ name: search, shared: 1/1d }], prompts: [{ name: brief, shared: 1/1d }],
          resources: [{ name: "file:///reports/a~b", shared: 1/1d }] }
        """;

    private FakeUpstream _upstream = null!;
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        _gateway = await GatewayFixture.StartAsync(_upstream.Endpoint, Limits.ReplaceLineEndings(" "));
        await SendAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}""");
        await SendAsync("""{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"brief"}}""");
        await SendAsync("""{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///reports/a~b"}}""");
        _upstream.Received.Count.ShouldBe(3);
    }

    public async Task DisposeAsync()
    {
        _upstream.Received.Count.ShouldBe(3);
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    /// <summary>Bodies that two parsers could read differently, and bodies that are not a message.</summary>
    public static TheoryData<string, string, int> Bodies() => new()
    {
        { "a batch", """[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}]""", -32600 },
        { "an empty batch", "[]", -32600 },
        { "name twice", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"free","name":"search"}}""", -32600 },
        { "name twice, once escaped", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"free","n\u0061me":"search"}}""", -32600 },
        { "params twice", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"free"},"params":{"name":"search"}}""", -32600 },
        { "method twice", """{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"search"}}""", -32600 },
        { "id twice", """{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"search"}}""", -32600 },
        { "version twice", """{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}""", -32600 },
        { "Method", """{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"search"}}""", -32600 },
        { "PARAMS", """{"jsonrpc":"2.0","id":1,"method":"tools/call","PARAMS":{"name":"search"},"params":{"name":"free"}}""", -32600 },
        { "Name", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"free","Name":"search"}}""", -32600 },
        { "Name alone", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"Name":"search"}}""", -32600 },
        { "URI beside uri", """{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"x:1","URI":"file:///reports/a~b"}}""", -32600 },
        { "a key with zero", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"free","name\u0000":"search"}}""", -32600 },
        { "Tools/Call", """{"jsonrpc":"2.0","id":1,"method":"Tools/Call","params":{"name":"search"}}""", -32600 },
        { "method with a space", """{"jsonrpc":"2.0","id":1,"method":"tools/call ","params":{"name":"search"}}""", -32600 },
        { "method with zero", """{"jsonrpc":"2.0","id":1,"method":"tools/call\u0000","params":{"name":"search"}}""", -32600 },
        { "method with a line end", """{"jsonrpc":"2.0","id":1,"method":"tools/call\n","params":{"name":"search"}}""", -32600 },
        { "method of 129 letters", $$"""{"jsonrpc":"2.0","id":1,"method":"{{new string('m', 129)}}"}""", -32600 },
        { "method as a number", """{"jsonrpc":"2.0","id":1,"method":7,"params":{"name":"search"}}""", -32600 },
        { "params as a list", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["search"]}""", -32600 },
        { "no version", """{"id":1,"method":"tools/call","params":{"name":"search"}}""", -32600 },
        { "version 1.0", """{"jsonrpc":"1.0","id":1,"method":"tools/call","params":{"name":"search"}}""", -32600 },
        { "a call that is a response", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"},"result":{}}""", -32600 },
        { "name with zero", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search\u0000free"}}""", -32602 },
        { "name as a list", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["search"]}}""", -32602 },
        { "no name", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{}}}""", -32602 },
        { "half a surrogate pair", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search\ud800"}}""", -32700 },
        { "half a pair as id", """{"jsonrpc":"2.0","id":"\udc00","method":"tools/call","params":{"name":"search"}}""", -32700 },
        { "NaN", """{"jsonrpc":"2.0","id":NaN,"method":"tools/call","params":{"name":"search"}}""", -32700 },
        { "a comment", """{"jsonrpc":"2.0",/* */"id":1,"method":"tools/call","params":{"name":"search"}}""", -32700 },
        { "a trailing comma", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"},}""", -32700 },
        { "single quotes", """{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'search'}}""", -32700 },
        { "cut short", """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}""", -32700 },
        { "two messages", """{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}""", -32700 },
        { "nothing", "", -32700 },
        { "10,000 levels", $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{{{new string('[', 10_000)}}}{{{new string(']', 10_000)}}}}}""", -32700 },
        { "id null", """{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"search"}}""", -32600 },
        { "id true", """{"jsonrpc":"2.0","id":true,"method":"tools/call","params":{"name":"search"}}""", -32600 },
        { "id object", """{"jsonrpc":"2.0","id":{},"method":"tools/call","params":{"name":"search"}}""", -32600 },
        { "id list", """{"jsonrpc":"2.0","id":[1],"method":"tools/call","params":{"name":"search"}}""", -32600 },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_ThatIsNotOneUnambiguousMessage_IsAnsweredHere(string what, string body, int code)
    {
        (HttpStatusCode status, string answer) = await SendAsync(body);

        ((int)status).ShouldBe(400, what);
        answer.ShouldContain($"\"error\":{{\"code\":{code},\"message\":\"", Case.Sensitive, what);
    }

    [Theory]
    [InlineData("EF-BB-BF", "", -32700)] // A byte order mark.
    [InlineData("", "FF", -32700)]
    [InlineData("", "00", -32700)]
    [InlineData("FE-FF", "", -32700)]
    public async Task Body_WithOtherBytesAround_Is400(string before, string after, int code)
    {
        byte[] body =
        [
            .. Bytes(before), .. """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}"""u8, .. Bytes(after),
        ];
        HttpRequestMessage request = GatewayFixture.Post("");
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new("application/json");

        (HttpStatusCode status, string answer) = await _gateway.SendAsync(request);

        ((int)status).ShouldBe(400);
        answer.ShouldContain($"\"code\":{code},");
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public async Task Body_InAnotherEncoding_Is400(string encoding)
    {
        HttpRequestMessage request = GatewayFixture.Post("");
        request.Content = new ByteArrayContent(Encoding.GetEncoding(encoding).GetBytes(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}"""));
        request.Content.Headers.ContentType = new("application/json");

        (await _gateway.SendAsync(request)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <summary>Other spellings of what is limited: the same bucket.</summary>
    [Theory]
    [InlineData("tools/call", "name", "SEARCH", "shared limit on tool 'search'")]
    [InlineData("tools/call", "name", " search\\t", "shared limit on tool 'search'")]
    [InlineData("tools/call", "name", "\\u0053earch", "shared limit on tool 'search'")]
    [InlineData("tools/call", "name", "\\u00a0search", "shared limit on tool 'search'")]
    [InlineData("prompts/get", "name", "Brief", "shared limit on prompt 'brief'")]
    [InlineData("resources/read", "uri", "FILE:///reports/a~b", "shared limit on resource")]
    [InlineData("resources/read", "uri", "file:///reports/a%7Eb", "shared limit on resource")]
    [InlineData("resources/read", "uri", "file:///reports/a%7eb", "shared limit on resource")]
    [InlineData("resources/read", "uri", "file:///%72eports/./x/../a~b", "shared limit on resource")]
    [InlineData("resources/read", "uri", "file:\\/\\/\\/reports\\/a~b", "shared limit on resource")]
    public async Task Name_InAnotherSpelling_MeetsTheSameLimit(string method, string key, string name, string refusedBy)
    {
        (_, string answer) = await SendAsync(
            $$$"""{"jsonrpc":"2.0","id":1,"method":"{{{method}}}","params":{"{{{key}}}":"{{{name}}}"}}""");

        answer.ShouldContain($"Rate limit exceeded: {refusedBy}");
    }

    /// <summary>Names that mean something else are something else, and still meet the limits of the server.</summary>
    [Theory]
    [InlineData("tools/call", "name", "sea\\u0301rch")]
    [InlineData("tools/call", "name", "se\\u0430rch")] // A Cyrillic letter.
    [InlineData("tools/call", "name", "\\uff53earch")]
    [InlineData("tools/call", "name", "")]
    [InlineData("resources/read", "uri", "file:///reports/A~B")]
    [InlineData("resources/read", "uri", "file:///reports/a~b?x")]
    public async Task Name_ThatIsUnknown_MeetsTheServersLimits(string method, string key, string name)
    {
        (_, string answer) = await SendAsync(
            $$$"""{"jsonrpc":"2.0","id":1,"method":"{{{method}}}","params":{"{{{key}}}":"{{{name}}}"}}""");

        answer.ShouldContain("Rate limit exceeded: shared limit on the server");
    }

    [Theory]
    [InlineData("7")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.50")]
    [InlineData("1e3")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("\"\"")]
    [InlineData("\"a\\u0062\\n\"")]
    public async Task Id_OfEitherKind_IsEchoedAsItCame(string id) =>
        (await SendAsync($$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"search"}}"""))
            .Body.ShouldStartWith($"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":429,");

    [Fact]
    public async Task Call_AsNotification_IsMeteredAndDropped()
    {
        (HttpStatusCode status, string answer) = await SendAsync(
            """{"jsonrpc":"2.0","method":"tools/call","params":{"name":"search"}}""");

        (status, answer).ShouldBe((HttpStatusCode.Accepted, ""));
    }

    [Fact]
    public async Task Headers_ThatSpeakOfAnotherCall_ChangeNothing()
    {
        HttpRequestMessage request = GatewayFixture.Post(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}""");
        request.Headers.Add("Mcp-Method", "ping");
        request.Headers.Add("Mcp-Name", "free");

        (await _gateway.SendAsync(request)).Body.ShouldContain("shared limit on tool 'search'");
    }

    [Theory]
    [InlineData("X-HTTP-Method-Override", "GET")]
    [InlineData("X-Original-URL", "/elsewhere")]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    [InlineData("X-Forwarded-User", "bob")]
    [InlineData("Mcp-Session-Id", "another")]
    public async Task Headers_ThatOthersBelieve_ChangeNothing(string name, string value)
    {
        HttpRequestMessage request = GatewayFixture.Post(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}""");
        request.Headers.Add(name, value);

        (await _gateway.SendAsync(request)).Body.ShouldContain("shared limit on tool 'search'");
    }

    private Task<(HttpStatusCode Status, string Body)> SendAsync(string body) => _gateway.SendAsync(GatewayFixture.Post(body));

    private static byte[] Bytes(string hex) => hex.Length == 0 ? [] : Convert.FromHexString(hex.Replace("-", "", StringComparison.Ordinal));
}
