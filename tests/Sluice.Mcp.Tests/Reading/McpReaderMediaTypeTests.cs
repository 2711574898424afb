namespace Sluice.Mcp.Tests;

public sealed class McpReaderMediaTypeTests
{
    [Theory]
    [InlineData("application/json", true)]
    [InlineData("Application/JSON", true)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("application/json;charset=UTF-8", true)]
    [InlineData("application/json; charset=\"utf-8\"", true)]
    [InlineData("application/json; profile=x", true)]
    [InlineData("application/json;", true)]
    [InlineData("application/json ; ", true)]
    [InlineData("application/json;; charset=utf-8;", true)]
    [InlineData("application/json; charset=\"utf-8\";", true)]
    [InlineData("application/json; charset=utf8", true)]
    [InlineData("application/json; charset=UTF8", true)]
    [InlineData("application/json; charset=utf-8; charset=utf8", false)]
    [InlineData("application/json; charset=utf-7;", false)]
    [InlineData(";", false)]
    [InlineData(";application/json", false)]
    [InlineData("application/json;,text/plain", false)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("text/plain", false)]
    [InlineData("application/json-rpc", false)]
    [InlineData("application/jsonl", false)]
    [InlineData("application/vnd.api+json", false)]
    [InlineData("application/x-www-form-urlencoded", false)]
    [InlineData("application/json; charset=utf-16", false)]
    [InlineData("application/json; charset=iso-8859-1", false)]
    [InlineData("application/json; charset", false)]
    [InlineData("application/json; charset=utf-8; charset=utf-16", false)]
    [InlineData("application/json; charset=utf-16; charset=utf-8", false)]
    [InlineData("application/json, text/plain", false)]
    [InlineData("application/json,application/json", false)]
    public void IsJson_MediaType_IsJsonInUtf8Only(string? contentType, bool isJson) =>
        McpReader.IsJson(contentType).ShouldBe(isJson);
}
