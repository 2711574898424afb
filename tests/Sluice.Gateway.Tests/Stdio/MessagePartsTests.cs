using System.Text;

namespace Sluice.Gateway.Tests;

public sealed class MessagePartsTests
{
    [Theory]
    [InlineData("""{"id":1,"method":"a"}""", "1", "a", null, null, null)]
    [InlineData("""{ "method" : "a" , "id" : "x\u0041" }""", "\"x\\u0041\"", "a", null, null, null)]
    [InlineData("""{"method":"a","params":{"progressToken":"t","progress":1}}""", null, "a", "\"t\"", null, null)]
    [InlineData("""{"method":"a","params":{"arguments":{"progressToken":1,"id":3},"_meta":{"x":{"progressToken":2},"progressToken":7}}}""", null, "a", "7", null, null)]
    [InlineData("""{"method":"a","params":{"requestId":5,"uri":"u"}}""", null, "a", null, "5", null)]
    [InlineData("""{"method":"a","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":9}}}""", null, "a", null, null, "9")]
    [InlineData("""{"result":{"_meta":{"io.modelcontextprotocol/subscriptionId":"s"},"a":[{"id":2}]},"id":1}""", "1", null, null, null, "\"s\"")]
    [InlineData("""{"id":null,"error":{"id":4}}""", null, null, null, null, null)]
    [InlineData("""{"method":"a","params":[1],"\ud800":1,"id":{"a":1}}""", null, "a", null, null, null)]
    public void Read_Message_FindsItsParts(string json, string? id, string? method, string? token, string? request, string? subscription)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);

        MessageParts parts = MessageParts.Read(bytes).ShouldNotBeNull();

        parts.Method.ShouldBe(method);
        new[] { parts.Id, parts.ProgressToken, parts.RequestId, parts.SubscriptionId }
            .Select(part => part is Range range ? Encoding.UTF8.GetString(bytes.AsSpan(range)) : null)
            .ShouldBe([id, token, request, subscription]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("{}")]
    [InlineData("""{"id":1}""")]
    [InlineData("""{"id":1,"method":7}""")]
    [InlineData("""{"id":1,"result":""")]
    [InlineData("""{"id":1,"result":1} x""")]
    [InlineData("""[{"id":1,"result":1}]""")]
    public void Read_WhatIsNoMessage_IsNull(string json) => MessageParts.Read(Encoding.UTF8.GetBytes(json)).ShouldBeNull();

    [Theory]
    [InlineData("12", 12L)]
    [InlineData("\"12\"", 12L)]
    [InlineData("1.0", 1L)]
    [InlineData("1.5", null)]
    [InlineData("\"a\"", null)]
    [InlineData("\"\"", null)]
    [InlineData("99999999999999999999", null)]
    public void KeyOf_Id_IsTheNumberThatTheGatewayGave(string json, long? key) =>
        MessageParts.KeyOf(Encoding.UTF8.GetBytes(json)).ShouldBe(key);

    [Fact]
    public void Apply_Edits_ReplaceTheirPartsAndNothingElse()
    {
        byte[] message = """{"id": "a", "x": [1 ,2], "method":"m", "params":{"_meta":{"progressToken":"t"}}}"""u8.ToArray();
        MessageParts parts = MessageParts.Read(message)!;

        byte[] edited = MessageEdit.Apply(message, (parts.ProgressToken, "77"u8.ToArray()), (parts.Id, "5"u8.ToArray()), (null, default));

        Encoding.UTF8.GetString(edited).ShouldBe("""{"id": 5, "x": [1 ,2], "method":"m", "params":{"_meta":{"progressToken":77}}}""");
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":17,"result":{"text":"xxx""", "xxx", "17")]
    [InlineData("""{"result":{"text":"xxx""", """xxx"},"jsonrpc":"2.0","id":17}""", "17")]
    [InlineData("""{"result":{"text":"xxx""", """xxx"},"id":17,"jsonrpc":"2.0"}""", "17")]
    [InlineData("""{"result":{"text":"xxx""", """xxx,\"id\":17}"}}""", "")]
    [InlineData("""{"result":{"a":[{"x":1,"id":17}],"text":"xxx""", """xxx","id":17}}}""", "")]
    [InlineData("xxx", "xxx", "")]
    public void FindId_OfALineThatIsTooLong_LooksAtItsEnds(string head, string tail, string id) =>
        Encoding.UTF8.GetString(UnreadableAnswer.FindId(new(Encoding.UTF8.GetBytes(head), Encoding.UTF8.GetBytes(tail))).Span).ShouldBe(id);
}
