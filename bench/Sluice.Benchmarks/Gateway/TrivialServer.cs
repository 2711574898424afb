using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Sluice.Benchmarks;

/// <summary>
/// An MCP server that does nothing, in a process of its own: a POST is answered at once, with an event stream where the call's name
/// is <c>stream</c>; a GET is a stream with an event every <c>?every=</c> milliseconds, or with one event and no end.
/// </summary>
internal static class TrivialServer
{
    internal const string Word = "server";

    internal const int EventsOfAStream = 5;

    /// <summary>How many tools are in its list.</summary>
    private const int Tools = 200;

    internal static Task RunAsync() => HttpProgram.RunAsync(AnswerAsync);

    private static async Task AnswerAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await StreamAsync(context);
            return;
        }

        using JsonDocument message = await JsonDocument.ParseAsync(context.Request.Body);
        if (!message.RootElement.TryGetProperty("id", out JsonElement id))
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        if (ResultOf(message.RootElement.GetProperty("method").GetString()) is string result)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync($$"""{"jsonrpc":"2.0","id":{{id.GetRawText()}},"result":{{result}}}""");
            return;
        }

        string answer = $$$"""{"jsonrpc":"2.0","id":{{{id.GetRawText()}}},"result":{"content":[{"type":"text","text":"done"}]}}""";
        bool isStream = message.RootElement.GetProperty("params").GetProperty("name").ValueEquals("stream");
        context.Response.ContentType = isStream ? "text/event-stream" : "application/json";
        if (isStream)
        {
            for (int i = 1; i < EventsOfAStream; i++)
            {
                await WriteEventAsync(context, """{"jsonrpc":"2.0","method":"notifications/progress"}""");
            }

            await WriteEventAsync(context, answer);
        }
        else
        {
            byte[] body = Encoding.UTF8.GetBytes(answer);
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body);
        }
    }

    /// <summary>What a client needs before its first call; null for a call.</summary>
    private static string? ResultOf(string? method) => method switch
    {
        "initialize" => """{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"trivial","version":"1"}}""",
        "tools/list" => $$"""{"tools":[{{string.Join(',', Enumerable.Range(0, Tools).Select(ToolOf))}}]}""",
        _ => null,
    };

    private static string ToolOf(int index) => $$$"""
        {"name":"tool{{{index}}}","description":"Number {{{index}}} of the tools of a server that does nothing.","inputSchema":{"type":"object"}}
        """;

    private static async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        int? every = int.TryParse(context.Request.Query["every"], CultureInfo.InvariantCulture, out int milliseconds) ? milliseconds : null;
        do
        {
            await WriteEventAsync(context, Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture));
            await Task.Delay(every is int wait ? TimeSpan.FromMilliseconds(wait) : Timeout.InfiniteTimeSpan, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!context.RequestAborted.IsCancellationRequested);
    }

    private static async Task WriteEventAsync(HttpContext context, string data)
    {
        await context.Response.WriteAsync($"data: {data}\n\n");
        await context.Response.Body.FlushAsync();
    }
}
