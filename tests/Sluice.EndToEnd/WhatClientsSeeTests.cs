using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>What the users of real clients see of a rejection, in each era and form: the table of <c>docs/clients.md</c>.</summary>
public sealed class WhatClientsSeeTests(GatewayOfEveryForm gateway) : IClassFixture<GatewayOfEveryForm>
{
    private const string Legacy = "2025-11-25";
    private const string Modern = "2026-07-28";

    [Theory]
    [InlineData("Inspector", Legacy, "jsonrpc", "exit code 1, status 429")]
    [InlineData("Inspector", Legacy, "http429", "exit code 1, status 429")]
    [InlineData("Inspector", Legacy, "toolResult", "exit code 5")]
    [InlineData("Inspector", Modern, "auto", "exit code 1, status 429")]
    [InlineData("Inspector", Modern, "jsonrpc", "exit code 1, status 429")]
    [InlineData("Inspector", Modern, "http429", "exit code 1, status 429")]
    [InlineData("Inspector", Modern, "toolResult", "exit code 5")]
    [InlineData("TypeScript sdk", Legacy, "jsonrpc", "McpError 429")]
    [InlineData("TypeScript sdk", Legacy, "http429", "StreamableHTTPError 429")]
    [InlineData("TypeScript sdk", Legacy, "toolResult", "result, isError")]
    [InlineData("TypeScript client", Legacy, "jsonrpc", "ProtocolError 429")]
    [InlineData("TypeScript client", Legacy, "http429", "SdkHttpError 429")]
    [InlineData("TypeScript client", Legacy, "toolResult", "result, isError")]
    [InlineData("TypeScript client", Modern, "jsonrpc", "ProtocolError 429")]
    [InlineData("TypeScript client", Modern, "http429", "SdkHttpError 429")]
    [InlineData("TypeScript client", Modern, "toolResult", "result, isError")]
    [InlineData("C#", Legacy, "jsonrpc", "McpProtocolException 429")]
    [InlineData("C#", Legacy, "http429", "HttpRequestException 429")]
    [InlineData("C#", Legacy, "toolResult", "result, isError")]
    [InlineData("C#", Modern, "jsonrpc", "McpProtocolException 429")]
    [InlineData("C#", Modern, "http429", "HttpRequestException 429")]
    [InlineData("C#", Modern, "toolResult", "result, isError")]
    public async Task Rejection_InAForm_IsSeenAsAnErrorAndLeavesTheSessionWhole(string client, string era, string form, string shape)
    {
        SessionReport session = await ClientSessions.RunAsync(
            client, era, gateway.Endpoint(form), GatewayOfEveryForm.UserOf(client, era), ConformanceServer.Tool);

        DocumentedShape(client, era, form == "auto" ? "http429" : form).ShouldBe(shape);
        session.ToolsBefore.ShouldBeGreaterThan(1);
        session.Allowed.Text.ShouldBe(ConformanceServer.Text);
        session.Refused.Shape.ShouldBe(shape);
        session.Refused.Text.ShouldContain(RejectionOf(ConformanceServer.Tool));
        session.ToolsAfter.ShouldBe(session.ToolsBefore);
        if (client == "Inspector" && form == "jsonrpc")
        {
            session.Refused.Rejection.ShouldBeNull(); // It prints the message of a JSON-RPC error, and not its data.
        }
        else
        {
            ShouldBeTheRejection(session.Refused.Rejection.ShouldNotBeNull(), ConformanceServer.Tool);
        }
    }

    [Theory]
    [InlineData("Inspector", Legacy, "exit code 5")]
    [InlineData("Inspector", Modern, "exit code 5")]
    [InlineData("TypeScript sdk", Legacy, "result, isError")]
    [InlineData("TypeScript client", Legacy, "result, isError")]
    [InlineData("TypeScript client", Modern, "result, isError")]
    [InlineData("C#", Legacy, "result, isError")]
    [InlineData("C#", Modern, "result, isError")]
    public async Task ToolResult_OfAToolWithAnOutputSchema_IsShownWithItsTextAndData(string client, string era, string shape)
    {
        const string Tool = ConformanceServer.StructuredTool;

        SessionReport session = await ClientSessions.RunAsync(
            client, era, gateway.Endpoint("toolResult"), GatewayOfEveryForm.UserOf(client, era), Tool);

        session.Allowed.Text.ShouldBe(ConformanceServer.Text);
        session.Refused.Shape.ShouldBe(shape);
        session.Refused.Text.ShouldContain(RejectionOf(Tool));
        ShouldBeTheRejection(session.Refused.Rejection.ShouldNotBeNull(), Tool);
        session.ToolsAfter.ShouldBe(session.ToolsBefore);
    }

    private static string RejectionOf(string tool) => $"Rate limit exceeded: perUser limit on tool '{tool}', retry in ";

    /// <summary>What the table of <c>docs/clients.md</c> says, up to its first colon.</summary>
    private static string DocumentedShape(string client, string era, string form)
    {
        string row = $"| {client} | {era} | `{form}` | ";
        string line = File.ReadLines(Path.Combine(Repository.Root, "docs", "clients.md"))
            .Single(text => text.StartsWith(row, StringComparison.Ordinal));
        return line[row.Length..].Split(':')[0];
    }

    private static void ShouldBeTheRejection(JsonElement error, string tool)
    {
        error.GetProperty("code").GetInt32().ShouldBe(429);
        error.GetProperty("message").GetString()!.ShouldContain(RejectionOf(tool));
        JsonElement data = error.GetProperty("data");
        data.GetProperty("limitType").GetString().ShouldBe("perUser");
        data.GetProperty("limit").GetString().ShouldBe($"{tool}/perUser");
        data.GetProperty("maxTokens").GetInt32().ShouldBe(1);
        data.GetProperty("remaining").GetInt32().ShouldBe(0);
        long milliseconds = data.GetProperty("retryAfterMs").GetInt64();
        milliseconds.ShouldBeInRange(86_300_000, 86_400_000);
        data.GetProperty("retryAfterSeconds").GetInt64().ShouldBe((milliseconds + 999) / 1000);
    }
}
