using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>What backends say to clients, and clients to backends: progress, questions, cancellations, changes.</summary>
public sealed class VirtualDirectionTests : IAsyncLifetime
{
    private BackendServer _a = null!;
    private BackendServer _b = null!;

    public async Task InitializeAsync()
    {
        _a = await BackendServer.StartAsync("a");
        _b = await BackendServer.StartAsync("b");
    }

    public async Task DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task Progress_OfACall_HasTheTokenOfItsClient_AndOfAnUnknownOneIsDropped()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync();
        string? given = null;
        _a.Override = async (context, message) =>
        {
            given = message["params"]!["_meta"]!["progressToken"]!.ToJsonString();
            await BackendServer.EventsAsync(
                context,
                Progress(given, 1),
                Progress("\"another\"", 2),
                Progress("424242", 3),
                Progress(given, 4),
                BackendServer.Result(message["id"], "{}"),
                Progress(given, 5));
            return true;
        };
        JsonObject[] messages = await gateway.SendAllAsync("tools/call", """{"name":"a_echo","_meta":{"progressToken":"mine"}}""");
        messages[..^1].Select(message => $"{message["params"]!["progressToken"]} {message["params"]!["progress"]}").ShouldBe(["mine 1", "mine 4"]);
        given.ShouldNotBe("\"mine\"");
    }

    [Fact]
    public async Task Progress_InAFlood_ComesInOrderAndTheCallEnds()
    {
        const int Count = 20_000;
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync();
        _a.Override = async (context, message) =>
        {
            string token = message["params"]!["_meta"]!["progressToken"]!.ToJsonString();
            context.Response.ContentType = "text/event-stream";
            for (int i = 0; i < Count; i++)
            {
                await context.Response.WriteAsync($"data: {Progress(token, i)}\n\n");
            }

            await context.Response.WriteAsync($"data: {BackendServer.Result(message["id"], "{}")}\n\n");
            return true;
        };
        JsonObject[] messages = await gateway.SendAllAsync("tools/call", """{"name":"a_echo","_meta":{"progressToken":7}}""");
        messages.Length.ShouldBe(Count + 1);
        messages[..^1].Select(message => (int)message["params"]!["progress"]!).ShouldBe(Enumerable.Range(0, Count));
    }

    [Theory]
    [InlineData("sampling/createMessage")]
    [InlineData("elicitation/create")]
    [InlineData("roots/list")]
    public async Task Question_OfABackend_IsAnsweredToThatBackendWithItsOwnId(string method)
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync("""{"sampling":{},"elicitation":{},"roots":{}}""");
        TaskCompletionSource<JsonObject> answered = new();
        _a.Override = async (context, message) =>
        {
            if (message["method"] is null)
            {
                answered.SetResult(message);
                context.Response.StatusCode = 202;
                return true;
            }

            await BackendServer.EventsAsync(context, $$$"""{"jsonrpc":"2.0","id":"ask-1","method":"{{{method}}}","params":{"n":1.0}}""");
            JsonObject answer = await answered.Task;
            await BackendServer.EventsAsync(context, BackendServer.Result(message["id"], answer["result"]!.ToJsonString()));
            return true;
        };
        using HttpResponseMessage response = await gateway.PostAsync("""{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"a_echo"}}""");
        using StreamReader stream = new(await response.Content.ReadAsStreamAsync());
        JsonObject question = (await VirtualGateway.NextAsync(stream))!;
        ((string?)question["method"]).ShouldBe(method);
        question["params"]!.ToJsonString().ShouldBe("""{"n":1.0}""");
        question["id"]!.ToJsonString().ShouldNotBe("\"ask-1\"");
        using HttpResponseMessage taken = await gateway.PostAsync($$$"""{"jsonrpc":"2.0","id":{{{question["id"]!.ToJsonString()}}},"result":{"yes":2.50}}""");
        taken.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await VirtualGateway.NextAsync(stream))!.ToJsonString().ShouldBe("""{"jsonrpc":"2.0","id":3,"result":{"yes":2.50}}""");
        ((string?)(await answered.Task)["id"]).ShouldBe("ask-1");
        _b.Messages.ShouldNotContain(message => message["method"] == null);
    }

    [Fact]
    public async Task Question_ThatNoClientCanAnswer_IsAnsweredByTheGateway()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync();
        _a.Override = async (context, message) =>
        {
            if (message["method"] is null)
            {
                return false;
            }

            await BackendServer.EventsAsync(
                context,
                """{"jsonrpc":"2.0","id":1,"method":"ping"}""",
                """{"jsonrpc":"2.0","id":2,"method":"x/odd"}""",
                BackendServer.Result(message["id"], "{}"));
            return true;
        };
        (await gateway.SendAllAsync("tools/call", """{"name":"a_echo"}""")).Length.ShouldBe(1);
        await Eventually.HoldsAsync(() => _a.Messages.Count(message => message["method"] is null) == 2);
        JsonObject[] replies = [.. _a.Messages.Where(message => message["method"] is null).OrderBy(message => (int)message["id"]!)];
        replies[0].ToJsonString().ShouldBe("""{"jsonrpc":"2.0","id":1,"result":{}}""");
        ((int?)replies[1]["error"]!["code"]).ShouldBe(-32601);
    }

    [Fact]
    public async Task Answer_ToNoQuestion_ReachesNoBackend()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync();
        using HttpResponseMessage taken = await gateway.PostAsync("""{"jsonrpc":"2.0","id":1,"result":{}}""");
        taken.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        _a.Messages.Concat(_b.Messages).ShouldNotContain(message => message["method"] == null);
    }

    [Fact]
    public async Task Cancellation_OfACall_ReachesItsBackendWithTheIdThatItKnows()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync();
        TaskCompletionSource<string> cancelled = new();
        string? known = null;
        _a.Override = async (context, message) =>
        {
            if ((string?)message["method"] == "notifications/cancelled")
            {
                cancelled.SetResult(message["params"]!["requestId"]!.ToJsonString());
                return false;
            }

            known = message["id"]!.ToJsonString();
            await BackendServer.EventsAsync(context, Log("begun"));
            await cancelled.Task;
            return true;
        };
        using HttpResponseMessage response = await gateway.PostAsync("""{"jsonrpc":"2.0","id":"mine","method":"tools/call","params":{"name":"a_echo"}}""");
        using StreamReader stream = new(await response.Content.ReadAsStreamAsync());
        ((string?)(await VirtualGateway.NextAsync(stream))!["params"]!["data"]).ShouldBe("begun");
        using HttpResponseMessage taken = await gateway.PostAsync(
            """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"mine","reason":"r"}}""");
        (await cancelled.Task).ShouldBe(known);
        _b.Of("notifications/cancelled").ShouldBeEmpty();
    }

    [Fact]
    public async Task ListChanged_DuringACall_IsPassedOnOnceAndEvictsTheList()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync();
        (await gateway.ListAsync("tools")).ShouldBe(["a_echo", "b_echo"]);
        _a.Tools = ["echo", "new"];
        _a.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/call")
            {
                return false;
            }

            await BackendServer.EventsAsync(
                context, """{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}""", BackendServer.Result(message["id"], "{}"));
            return true;
        };
        JsonObject[] messages = await gateway.SendAllAsync("tools/call", """{"name":"a_echo"}""");
        messages.Select(message => (string?)message["method"]).ShouldBe(["notifications/tools/list_changed", null]);
        (await gateway.ListAsync("tools")).ShouldBe(["a_echo", "a_new", "b_echo"]);
        _a.Of("tools/list").Length.ShouldBe(2);
        _b.Of("tools/list").Length.ShouldBe(1);
    }

    [Fact]
    public async Task Stream_OfTheClient_CarriesWhatEachBackendSaysUnasked()
    {
        TaskCompletionSource goes = new();
        _b.Stream = async context =>
        {
            await BackendServer.EventsAsync(context, """{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///both"}}""");
            await goes.Task;
            await BackendServer.EventsAsync(context, """{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}""");
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        _a.Resources = ["file:///both"];
        _b.Resources = ["file:///both"];
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync();
        await gateway.ListAsync("resources", "uri");
        await gateway.ListAsync("tools");
        using StreamReader stream = await gateway.OpenStreamAsync();
        ((string?)(await VirtualGateway.NextAsync(stream))!["params"]!["uri"]).ShouldBe("sluice+b:file:///both");
        _b.Tools = ["other"];
        goes.SetResult();
        ((string?)(await VirtualGateway.NextAsync(stream))!["method"]).ShouldBe("notifications/tools/list_changed");
        (await gateway.ListAsync("tools")).ShouldBe(["a_echo", "b_other"]);
    }

    [Fact]
    public async Task Stream_ThatABackendEndsBeforeTheAnswer_IsResumedAfterItsLastEvent()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync();
        string? call = null;
        List<string> after = [];
        _a.Override = async (context, message) =>
        {
            call = message["id"]!.ToJsonString();
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("retry: 1\nid: e/0\ndata: \n\n");
            return true;
        };
        _a.Stream = async context =>
        {
            after.Add(context.Request.Headers["Last-Event-ID"].ToString());
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(after.Count == 1
                ? $"id: e/1\ndata: {Log("still going")}\n\n"
                : $"id: e/2\ndata: {{\"jsonrpc\":\"2.0\",\"id\":{call},\"result\":{{\"n\":1.0}}}}\n\n");
        };
        JsonObject[] messages = await gateway.SendAllAsync("tools/call", """{"name":"a_echo"}""");
        messages.Select(message => (string?)message["method"]).ShouldBe(["notifications/message", null]);
        messages[1]["result"]!.ToJsonString().ShouldBe("""{"n":1.0}""");
        after.ShouldBe(["e/0", "e/1"]);
        _a.Of("tools/call").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task RootsChanged_OfTheClient_ReachesEveryBackend()
    {
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _a, _b);
        await gateway.InitializeAsync();
        using HttpResponseMessage taken = await gateway.PostAsync("""{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}""");
        taken.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        _a.Of("notifications/roots/list_changed").ShouldHaveSingleItem();
        _b.Of("notifications/roots/list_changed").ShouldHaveSingleItem();
    }

    private static string Progress(string token, int progress) =>
        $$$"""{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":{{{progress}}},"progressToken":{{{token}}} } }""";

    private static string Log(string data) =>
        $$$"""{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"{{{data}}}"}}""";
}
