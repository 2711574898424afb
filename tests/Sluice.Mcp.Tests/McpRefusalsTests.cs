using System.Text;

namespace Sluice.Mcp.Tests;

public sealed class McpRefusalsTests
{
    private static readonly RateLimitPolicy Policy = RateLimitPolicy.Build("server", limits => limits
        .Shared("1000/1m")
        .Tool("search", t => t.PerUser("10/1m"))
        .Tool("result", t => t.PerUser("10/1m").Rejection(RejectionForm.ToolResult))
        .Prompt("pro\"mpt", p => p.PerTenant("10/1m").Rejection(RejectionForm.ToolResult)));

    [Fact]
    public void Render_ToolsLimit_IsTheBodyOfTheSpecification()
    {
        Refusal refusal = Render(Denied("search/perUser", 1_400), Call("7"), McpEra.Legacy);

        refusal.ShouldSatisfyAllConditions(
            () => refusal.Status.ShouldBe(200),
            () => refusal.ContentType.ShouldBe("application/json"),
            () => refusal.RetryAfterSeconds.ShouldBe(2),
            () => Body(refusal).ShouldBe(
                """{"jsonrpc":"2.0","id":7,"error":{"code":429,"message":"Rate limit exceeded: perUser limit on tool 'search', retry in 1.4 s","data":{"retryAfterSeconds":2,"retryAfterMs":1400,"limitType":"perUser","limit":"search/perUser","maxTokens":10,"remaining":0}}}"""));
    }

    [Theory]
    [InlineData(1, 1, 1, "0.1")]
    [InlineData(999_9999, 1, 1000, "1")]
    [InlineData(1_000_0000, 1, 1000, "1")]
    [InlineData(1_000_0001, 2, 1001, "1.1")]
    [InlineData(1_050_0000, 2, 1050, "1.1")]
    [InlineData(3_600_000_0000, 3600, 3_600_000, "3600")]
    [InlineData(long.MaxValue, 922_337_203_686, 922_337_203_685_478, "922337203685.5")]
    public void Render_Wait_IsRoundedUpInEveryUnit(long ticks, long seconds, long milliseconds, string text)
    {
        RateLimitDecision decision = Denied("shared", 0) with { RetryAfter = TimeSpan.FromTicks(ticks) };

        Refusal refusal = Render(decision, Call("1"), McpEra.Modern);

        refusal.RetryAfterSeconds.ShouldBe(seconds);
        Body(refusal).ShouldContain($"\"message\":\"Rate limit exceeded: shared limit on the server, retry in {text} s\"");
        Body(refusal).ShouldContain($"\"retryAfterSeconds\":{seconds},\"retryAfterMs\":{milliseconds},");
    }

    [Theory]
    [InlineData(RejectionForm.Auto, McpEra.Modern, 429)]
    [InlineData(RejectionForm.Auto, McpEra.Legacy, 200)]
    [InlineData(RejectionForm.Http429, McpEra.Legacy, 429)]
    [InlineData(RejectionForm.JsonRpc, McpEra.Modern, 200)]
    public void Render_Form_ChoosesTheStatus(RejectionForm form, McpEra era, int status)
    {
        RateLimitPolicy policy = RateLimitPolicy.Build("s", limits => limits.Shared("1/1m").Rejection(form));
        RateLimitDecision decision = new() { Limit = policy.Limits[0], RetryAfter = TimeSpan.FromSeconds(1) };

        McpRefusals.Render(decision, policy.Settings, 1, new(Call("1"), era, null)).Status.ShouldBe(status);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("\"\"")]
    [InlineData("1.50")]
    [InlineData("\"a\\u0062\"")]
    public void Render_Id_IsEchoedAsItCame(string id) =>
        Body(Render(Denied("shared", 1), Call(id), McpEra.Modern)).ShouldStartWith($$"""{"jsonrpc":"2.0","id":{{id}},"error":""");

    [Fact]
    public void RenderError_WithoutAnId_LeavesTheKeyOut() =>
        Body(McpRefusals.RenderError(400, -32700, "No.", default)).ShouldBe("""{"jsonrpc":"2.0","error":{"code":-32700,"message":"No."}}""");

    [Fact]
    public void Render_ErrorCode_IsThePolicys()
    {
        RateLimitingSettings settings = Policy.Settings with { ErrorCode = -31000 };

        Body(McpRefusals.Render(Denied("shared", 1), settings, 1, new(Call("1"), McpEra.Modern, null))).ShouldContain("\"code\":-31000,");
    }

    [Theory]
    [InlineData(McpEra.Legacy, "")]
    [InlineData(McpEra.Modern, "\"resultType\":\"complete\",")]
    public void Render_ToolResult_IsAResultThatTheModelReads(McpEra era, string resultType)
    {
        Refusal refusal = Render(Denied("result/perUser", 500), Call("1"), era);

        refusal.Status.ShouldBe(200);
        Body(refusal).ShouldBe(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{" + resultType
            + "\"content\":[{\"type\":\"text\",\"text\":\"Rate limit exceeded: perUser limit on tool 'result', retry in 0.5 s\"}],"
            + "\"structuredContent\":{\"code\":429,\"message\":\"Rate limit exceeded: perUser limit on tool 'result', retry in 0.5 s\","
            + "\"data\":{\"retryAfterSeconds\":1,\"retryAfterMs\":500,\"limitType\":\"perUser\",\"limit\":\"result/perUser\","
            + "\"maxTokens\":10,\"remaining\":0}},\"isError\":true}}");
    }

    [Fact]
    public void Render_ToolResultForAPrompt_FallsBackToTheError()
    {
        McpMessage prompt = Call("1") with { Method = "prompts/get" };

        Refusal refusal = Render(Denied("prompt:pro\"mpt/perTenant", 1), prompt, McpEra.Modern);

        refusal.Status.ShouldBe(429);
        Body(refusal).ShouldContain("perTenant limit on prompt 'pro\\\"mpt'");
    }

    [Theory]
    [InlineData(null, "application/json")]
    [InlineData("application/json, text/event-stream", "application/json")]
    [InlineData("text/event-stream, */*;q=0.1", "application/json")]
    [InlineData("text/event-stream", "text/event-stream")]
    public void Render_Accept_FramesTheErrorAsAnEventWhenThatIsAllThatIsAccepted(string? accept, string contentType)
    {
        Refusal refusal = McpRefusals.Render(Denied("shared", 1), Policy.Settings, 1, new(Call("1"), McpEra.Legacy, accept));

        refusal.ContentType.ShouldBe(contentType);
        if (contentType == "text/event-stream")
        {
            Body(refusal).ShouldStartWith("event: message\ndata: {\"jsonrpc\"");
            Body(refusal).ShouldEndWith("}\n\n");
        }
    }

    [Fact]
    public void Render_Notification_IsAcceptedWithoutAnAnswer()
    {
        Refusal refusal = Render(Denied("shared", 1), Call("") with { Kind = McpMessageKind.Notification }, McpEra.Modern);

        refusal.ShouldBe(new Refusal(202, null, default, null));
    }

    [Fact]
    public void Render_Unsatisfiable_SaysThatWaitingDoesNotHelp()
    {
        RateLimitDecision decision = Denied("search/perUser", 0) with
        {
            Outcome = RateLimitOutcome.Unsatisfiable,
            Remaining = 4,
            RetryAfter = Timeout.InfiniteTimeSpan,
        };

        Refusal refusal = McpRefusals.Render(decision, Policy.Settings, 11, new(Call("1"), McpEra.Modern, null));

        refusal.RetryAfterSeconds.ShouldBeNull();
        Body(refusal).ShouldBe(
            """{"jsonrpc":"2.0","id":1,"error":{"code":429,"message":"Rate limit exceeded: perUser limit on tool 'search' can never be met: the call costs 11 tokens, and its bucket holds 10","data":{"limitType":"perUser","limit":"search/perUser","maxTokens":10,"remaining":4}}}""");
    }

    [Theory]
    [InlineData(McpEra.Modern, 503)]
    [InlineData(McpEra.Legacy, 200)]
    public void Render_StoreThatDoesNotAnswer_IsNotARateLimit(McpEra era, int status)
    {
        Refusal refusal = Render(new RateLimitDecision { Source = DecisionSource.Open }, Call("1"), era);

        refusal.Status.ShouldBe(status);
        refusal.RetryAfterSeconds.ShouldBe(1);
        Body(refusal).ShouldContain("\"code\":503,");
        Body(refusal).ShouldNotContain("Rate limit exceeded");
    }

    [Fact]
    public void RenderMissingIdentity_Limit_SaysWhichIdentityIsMissing()
    {
        Refusal refusal = McpRefusals.RenderMissingIdentity(Limit("search/perUser"), new(Call("1"), McpEra.Modern, null));

        refusal.Status.ShouldBe(403);
        refusal.RetryAfterSeconds.ShouldBeNull();
        Body(refusal).ShouldContain("\"code\":403,\"message\":\"The call has no identity that the perUser limit on tool 'search' could count by");
    }

    [Fact]
    public void Render_AllowedDecision_Throws() =>
        Should.Throw<ArgumentException>(() => Render(new() { Outcome = RateLimitOutcome.Allowed }, Call("1"), McpEra.Modern));

    private static Refusal Render(RateLimitDecision decision, McpMessage message, McpEra era) =>
        McpRefusals.Render(decision, Policy.Settings, 1, new(message, era, "application/json, text/event-stream"));

    private static RateLimitDecision Denied(string limit, int milliseconds) =>
        new() { Limit = Limit(limit), RetryAfter = TimeSpan.FromMilliseconds(milliseconds) };

    private static RateLimit Limit(string name) => Policy.Limits.Single(limit => limit.Name == name);

    private static McpMessage Call(string id) => new()
    {
        Kind = McpMessageKind.Request,
        Method = "tools/call",
        Operation = "whatever the caller wrote",
        Id = Encoding.UTF8.GetBytes(id),
    };

    private static string Body(Refusal refusal) => Encoding.UTF8.GetString(refusal.Body.Span);
}
