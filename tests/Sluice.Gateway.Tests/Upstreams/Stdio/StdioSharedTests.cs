using System.Net;

namespace Sluice.Gateway.Tests;

public sealed class StdioSharedTests
{
    private const int Callers = 50;

    [Fact]
    public async Task Calls_OfFiftyModernCallersAtOnce_EachGetItsOwnAnswer()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();

        (HttpStatusCode Status, string Body)[] answers = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller =>
            gateway.Fixture.SendAsync(StdioGateway.Modern(StdioGateway.Call(
                caller % 2 == 0 ? "1" : "\"1\"", "hold", $$"""{"until":{{Callers}},"text":"caller {{caller}}"}""")))));

        for (int caller = 0; caller < Callers; caller++)
        {
            answers[caller].Status.ShouldBe(HttpStatusCode.OK);
            StdioGateway.TextOf(answers[caller].Body).ShouldBe($"caller {caller}");
            answers[caller].Body.ShouldEndWith(caller % 2 == 0 ? "\"id\":1}" : "\"id\":\"1\"}");
        }
    }

    [Fact]
    public async Task Calls_OfFiftySessionsOnOneProcess_EachGetItsOwnAnswer()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", instances: shared");
        string[] sessions = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => gateway.BeginAsync()));

        string[] answers = await Task.WhenAll(sessions.Select((session, caller) =>
            gateway.TextAsync(session, "hold", $$"""{"until":{{Callers}},"text":"caller {{caller}}"}""")));

        sessions.Distinct().Count().ShouldBe(Callers);
        answers.ShouldBe(Enumerable.Range(0, Callers).Select(caller => $"caller {caller}"));
        (await gateway.TextAsync(sessions[0], "pid")).ShouldBe(await gateway.TextAsync(sessions[1], "pid"));
    }

    [Fact]
    public async Task Progress_OfTwoCallersWithOneToken_ReachesEachUnderThatToken()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        string call = StdioGateway.Call("1", "progress", meta: """{"progressToken":0}""");

        (HttpStatusCode Status, string Body)[] answers = await Task.WhenAll(
            gateway.Fixture.SendAsync(StdioGateway.Modern(call)), gateway.Fixture.SendAsync(StdioGateway.Modern(call)));

        answers.ShouldAllBe(answer => answer.Body.Split("\"progressToken\":0,").Length == 2);
        answers.ShouldAllBe(answer => answer.Body.Contains("\"id\":1}"));
    }

    [Fact]
    public async Task Leave_OfAModernClient_CancelsItsCall()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        await gateway.Fixture.SendAsync(StdioGateway.Modern(StdioGateway.Call("1", "pid")));
        using CancellationTokenSource leaving = new();
        Task call = gateway.Fixture.Client.SendAsync(StdioGateway.Modern(StdioGateway.Call("1", "hang")), leaving.Token);
        // The call is there once a later one has been answered, or the gateway has not read it and must not cancel it.
        await gateway.Fixture.SendAsync(StdioGateway.Modern(StdioGateway.Call("1", "pid")));

        await leaving.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        string cancelled = "";
        using CancellationTokenSource late = new(Eventually.Patience);
        while (cancelled.Length == 0)
        {
            await Task.Delay(20, late.Token);
            cancelled = StdioGateway.TextOf(
                (await gateway.Fixture.SendAsync(StdioGateway.Modern(StdioGateway.Call("1", "cancelled")))).Body);
        }

        cancelled.ShouldMatch("^[23]$");
    }

    [Fact]
    public async Task Listen_Modern_IsAStreamUnderItsOwnIdUntilTheGatewayStops()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        using HttpRequestMessage request = StdioGateway.Modern("""{"jsonrpc":"2.0","id":"sub","method":"subscriptions/listen","params":{}}""");
        using HttpResponseMessage response = await gateway.Fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader stream = new(await response.Content.ReadAsStreamAsync());

        (await StdioGateway.NextEventAsync(stream)).ShouldContain("\"io.modelcontextprotocol/subscriptionId\":\"sub\"");
        Task stopped = gateway.Fixture.StopAsync();

        (await stream.ReadToEndAsync().WaitAsync(Eventually.Patience)).ShouldBe("");
        await stopped;
    }

    [Fact]
    public async Task Listen_Modern_HasNoTimeout()
    {
        ManualTimeProvider time = new();
        await using StdioGateway gateway = await StdioGateway.StartAsync(server: "    timeout: 1s", time: time);
        using HttpRequestMessage request = StdioGateway.Modern("""{"jsonrpc":"2.0","id":"sub","method":"subscriptions/listen","params":{}}""");
        using HttpResponseMessage response = await gateway.Fixture.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader stream = new(await response.Content.ReadAsStreamAsync());
        await StdioGateway.NextEventAsync(stream);

        time.Advance(TimeSpan.FromHours(1));
        (await gateway.Fixture.SendAsync(StdioGateway.Modern(StdioGateway.Call("1", "pid")))).Status.ShouldBe(HttpStatusCode.OK);
        Task stopped = gateway.Fixture.StopAsync();

        string rest = await stream.ReadToEndAsync().WaitAsync(Eventually.Patience);
        rest.Replace(": keep-alive\n\n", "", StringComparison.Ordinal).ShouldBe("");
        await stopped;
    }

    [Fact]
    public async Task Get_OfASessionWhoseServerIsSilent_GetsComments()
    {
        ManualTimeProvider time = new();
        await using StdioGateway gateway = await StdioGateway.StartAsync(time: time);
        using StreamReader stream = await gateway.ListenAsync(await gateway.BeginAsync());

        for (int comment = 0; comment < 2; comment++)
        {
            Task<string?> line = stream.ReadLineAsync();
            await Eventually.HoldsAsync(() =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return Task.FromResult(line.IsCompleted);
            });
            (await line).ShouldBe(": keep-alive");
            (await stream.ReadLineAsync().WaitAsync(Eventually.Patience)).ShouldBe("");
        }
    }

    [Fact]
    public async Task Get_OfAModernClient_IsNotAMethod()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync();
        HttpRequestMessage request = new(HttpMethod.Get, "/mcp");
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");

        (await gateway.Fixture.SendAsync(request)).Status.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Question_OfASharedProcess_ReachesNoClientAndIsAnswered()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", instances: shared");
        string session = await gateway.BeginAsync();

        (await gateway.TextAsync(session, "ask")).ShouldContain("\"code\":-32601");
    }

    [Fact]
    public async Task Notifications_OfASharedProcess_GoToThoseWhomTheyConcern()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", instances: shared");
        string one = await gateway.BeginAsync();
        string two = await gateway.BeginAsync();
        await SendAsync(gateway, one, "resources/subscribe");
        using StreamReader streamOfOne = await gateway.ListenAsync(one);
        using StreamReader streamOfTwo = await gateway.ListenAsync(two);

        await gateway.TextAsync(two, "log");
        await gateway.TextAsync(two, "change");
        await gateway.TextAsync(two, "change");

        (await StdioGateway.NextEventAsync(streamOfOne)).ShouldContain("tools/list_changed");
        (await StdioGateway.NextEventAsync(streamOfOne)).ShouldContain("resources/updated");
        (await StdioGateway.NextEventAsync(streamOfTwo)).ShouldContain("tools/list_changed");
        (await StdioGateway.NextEventAsync(streamOfTwo)).ShouldContain("tools/list_changed");
    }

    [Fact]
    public async Task Unsubscribe_WhileAnotherListens_StaysWithTheGateway()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", instances: shared");
        string[] sessions = [await gateway.BeginAsync(), await gateway.BeginAsync()];
        foreach (string session in sessions)
        {
            await SendAsync(gateway, session, "resources/subscribe");
        }

        (await SendAsync(gateway, sessions[0], "resources/unsubscribe")).ShouldBe("""{"jsonrpc":"2.0","id":1,"result":{}}""");
        (await SendAsync(gateway, sessions[1], "resources/unsubscribe")).ShouldContain("\"seen\":\"resources/unsubscribe\"");
    }

    [Fact]
    public async Task Process_Shared_IsStartedAgainAfterAWait()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(upstream: ", instances: shared");
        string session = await gateway.BeginAsync();
        string before = await gateway.TextAsync(session, "pid");

        (await gateway.CallAsync(session, "1", "die")).Status.ShouldBe(HttpStatusCode.BadGateway);
        using HttpResponseMessage soon = await gateway.Fixture.Client.SendAsync(
            StdioGateway.Legacy(session, StdioGateway.Call("2", "pid")));
        string after = "";
        using CancellationTokenSource late = new(Eventually.Patience);
        while (after.Length == 0)
        {
            await Task.Delay(50, late.Token);
            (HttpStatusCode status, string body) = await gateway.CallAsync(session, "3", "pid");
            after = status == HttpStatusCode.OK ? StdioGateway.TextOf(body) : "";
        }

        soon.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        soon.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        after.ShouldNotBe(before);
    }

    [Fact]
    public async Task Call_BeyondItsLimit_NeverReachesTheProcess()
    {
        await using StdioGateway gateway = await StdioGateway.StartAsync(
            server: "    rateLimiting: { tools: [{ name: pid, shared: 1/1d }] }");
        string session = await gateway.BeginAsync();
        (await gateway.CallAsync(session, "1", "pid")).Status.ShouldBe(HttpStatusCode.OK);

        (HttpStatusCode legacy, string body) = await gateway.CallAsync(session, "2", "pid");
        (HttpStatusCode modern, _) = await gateway.Fixture.SendAsync(StdioGateway.Modern(StdioGateway.Call("3", "pid")));

        legacy.ShouldBe(HttpStatusCode.OK);
        body.ShouldContain("\"code\":429");
        modern.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    private static async Task<string> SendAsync(StdioGateway gateway, string session, string method)
    {
        string message = $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":{"uri":"file:///a"} }""";
        return (await gateway.Fixture.SendAsync(StdioGateway.Legacy(session, message))).Body;
    }
}
