using System.Text;
using System.Text.Json;

namespace Sluice.Mcp.Tests;

/// <summary>The form of a rejection: status, media type, error or result, event or not.</summary>
public sealed class RejectionFormTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(1_400);

    [Theory]
    [InlineData("search/perUser", McpEra.Modern, 429)] // auto
    [InlineData("search/perUser", McpEra.Legacy, 200)]
    [InlineData("status/perUser", McpEra.Modern, 429)] // http429
    [InlineData("status/perUser", McpEra.Legacy, 429)]
    [InlineData("plain/perUser", McpEra.Modern, 200)] // jsonrpc
    [InlineData("plain/perUser", McpEra.Legacy, 200)]
    public void Render_ErrorForms_DifferInTheStatusOnly(string limit, McpEra era, int status)
    {
        Rejection rejection = Calls.Render(Calls.Denied(limit, Wait), Calls.Context(era));

        rejection.Status.ShouldBe(status);
        rejection.ContentType.ShouldBe("application/json");
        rejection.RetryAfterSeconds.ShouldBe(2);
        Json(rejection).GetProperty("error").GetProperty("code").GetInt32().ShouldBe(429);
    }

    [Fact]
    public void Render_ToolResultForLegacy_IsAResultThatTheModelSees()
    {
        Rejection rejection = Calls.Render(Calls.Denied("wait/perUser", Wait), Calls.Context(McpEra.Legacy));

        rejection.Status.ShouldBe(200);
        rejection.RetryAfterSeconds.ShouldBe(2);
        Calls.Body(rejection).ShouldBe(
            """{"jsonrpc":"2.0","id":7,"result":{"isError":true,"content":[{"type":"text","text":"Rate limit exceeded: perUser limit on tool 'wait', retry in 1.4 s"}],"_meta":{"sluice/error":"""
            + """{"code":429,"message":"Rate limit exceeded: perUser limit on tool 'wait', retry in 1.4 s","data":"""
            + """{"retryAfterSeconds":2,"retryAfterMs":1400,"limitType":"perUser","limitKind":"rate","limit":"wait/perUser","maxTokens":10,"remaining":0}}}}}""");
    }

    [Fact]
    public void Render_ToolResultForModern_SaysThatTheResultIsComplete()
    {
        Rejection rejection = Calls.Render(Calls.Denied("wait/perUser", Wait), Calls.Context(McpEra.Modern));

        rejection.Status.ShouldBe(200);
        Calls.Body(rejection).ShouldStartWith("""{"jsonrpc":"2.0","id":7,"result":{"resultType":"complete","isError":true,""");
    }

    [Theory]
    [InlineData(McpEra.Modern, 429)]
    [InlineData(McpEra.Legacy, 200)]
    public void Render_ToolResultForAnotherMethod_FallsBackToAuto(McpEra era, int status)
    {
        Rejection rejection = Calls.Render(
            Calls.Denied("prompt:greet/perTenant", Wait), Calls.Context(era, method: "prompts/get", operation: "greet"));

        rejection.Status.ShouldBe(status);
        Json(rejection).GetProperty("error").GetProperty("code").GetInt32().ShouldBe(429);
    }

    [Theory]
    [InlineData(RejectionForm.Auto, McpEra.Modern, 503)]
    [InlineData(RejectionForm.Auto, McpEra.Legacy, 200)]
    [InlineData(RejectionForm.Http429, McpEra.Legacy, 503)]
    [InlineData(RejectionForm.JsonRpc, McpEra.Modern, 200)]
    public void Render_StoreFailure_FollowsThePolicysForm(RejectionForm form, McpEra era, int status)
    {
        RateLimitingSettings settings = Calls.Policy.Settings with { Rejection = form };

        Rejection rejection = McpRejections.Render(default, settings, 1, Calls.Context(era));

        rejection.Status.ShouldBe(status);
        Json(rejection).GetProperty("error").GetProperty("code").GetInt32().ShouldBe(503);
    }

    [Fact]
    public void Render_StoreFailureAsToolResult_IsAResult()
    {
        RateLimitingSettings settings = Calls.Policy.Settings with { Rejection = RejectionForm.ToolResult };

        Rejection rejection = McpRejections.Render(default, settings, 1, Calls.Context(McpEra.Modern));

        rejection.Status.ShouldBe(200);
        Json(rejection).GetProperty("result").GetProperty("_meta").GetProperty(McpRejections.ErrorMetaKey).GetProperty("code").GetInt32().ShouldBe(503);
    }

    [Theory]
    [InlineData("search/perUser")]
    [InlineData("status/perUser")]
    [InlineData("wait/perUser")]
    public void Render_Notification_IsDroppedWithoutAnAnswer(string limit)
    {
        Rejection rejection = Calls.Render(Calls.Denied(limit, Wait), Calls.Context(McpEra.Modern, id: ""));

        rejection.ShouldBe(new Rejection(202, null, default, null));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("application/json, text/event-stream", false)]
    [InlineData("text/event-stream, application/json", false)]
    [InlineData("application/json", false)]
    [InlineData("*/*", false)]
    [InlineData("text/event-stream, */*", false)]
    [InlineData("text/event-stream, */*;q=0.1", false)]
    [InlineData("text/event-stream, application/*", false)]
    [InlineData("text/*", false)]
    [InlineData("text/html", false)]
    [InlineData("text/event-stream;q=0", false)]
    [InlineData("text/event-stream", true)]
    [InlineData(" Text/Event-Stream ;q=0.5", true)]
    [InlineData("text/event-stream, application/json;q=0", true)]
    [InlineData("text/event-stream, application/json; q=0.000, */*", true)]
    [InlineData("text/event-stream, application/*;q=0, */*", true)]
    [InlineData("text/event-stream, application/json-seq", true)]
    [InlineData("text/html, text/event-stream", true)]
    public void Render_Accept_IsAnEventWhereNoJsonIsAccepted(string? accept, bool isEvent)
    {
        RateLimitDecision decision = Calls.Denied("search/perUser", Wait);
        string json = Calls.Body(Calls.Render(decision, Calls.Context(McpEra.Legacy)));

        Rejection rejection = Calls.Render(decision, Calls.Context(McpEra.Legacy, accept: accept));

        rejection.ContentType.ShouldBe(isEvent ? "text/event-stream" : "application/json");
        Calls.Body(rejection).ShouldBe(isEvent ? $"event: message\ndata: {json}\n\n" : json);
        rejection.RetryAfterSeconds.ShouldBe(2);
    }

    private static JsonElement Json(Rejection rejection) => JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetString(rejection.Body.Span));
}
