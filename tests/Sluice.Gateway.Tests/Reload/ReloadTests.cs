using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Reload;

/// <summary>What a changed document changes in a gateway that runs, and what it leaves as it was.</summary>
public sealed class ReloadTests : IAsyncLifetime
{
    private const string Answer = """{"jsonrpc":"2.0","id":1,"result":{}}""";
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeUpstream _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeUpstream.StartAsync(AnswerAsync);

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task Change_ThirtyToZeroToAHundredAndFifty_KeepsWhatWasUsed()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(WithKey("perUser: 30/1d"));
        (await gateway.AllowedAsync(10, key: Key)).ShouldBe(10);

        await gateway.ChangeAsync(WithKey("perUser: 30/1d, overrides: [ { when: { users: [alice] }, perUser: 0 } ]"));
        (await gateway.AllowedAsync(3, key: Key)).ShouldBe(0);
        await gateway.ChangeAsync(WithKey("perUser: 150/1d"));

        (await gateway.AllowedAsync(145, key: Key)).ShouldBe(140);
    }

    [Fact]
    public async Task Change_WhileTheBodyOfACallArrives_CallIsDecidedByTheDocumentOfItsArrival()
    {
        LastDecision decided = new();
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(WithKey("perUser: 5/1d"), observer: decided);
        string version = gateway.Servers.Current.Version;
        SlowBody body = new("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",", "\"params\":{\"name\":\"x\"}}");
        using HttpRequestMessage request = new(HttpMethod.Post, "/one/mcp") { Content = body };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Authorization = new("Bearer", Key);
        Task<HttpResponseMessage> call = gateway.Client.SendAsync(request);
        await Eventually.HoldsAsync(() => gateway.Servers.All[0].Requests == 1);

        await gateway.ChangeAsync(WithKey("perUser: 9/1d, tools: [ { name: x, perUser: 3/1d } ]", key: "another-key"));
        body.Complete();
        using HttpResponseMessage response = await call;

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        decided.Seen.ShouldBe($"{version} alice 5");
        (await gateway.CallAsync(key: "another-key")).Status.ShouldBe(HttpStatusCode.OK);
        decided.Seen.ShouldBe($"{gateway.Servers.Current.Version} alice 9 3");
        await Eventually.HoldsAsync(() => gateway.Servers.Retained == 1);
    }

    [Fact]
    public async Task Change_OfOneServer_TheOthersKeepTheirPolicies()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(Servers(Server("one", "shared: 5/1d"), Server("two", "shared: 2/1d")));
        GatewayServer[] before = gateway.Servers.All;
        (await gateway.AllowedAsync(1, "/two/mcp")).ShouldBe(1);

        await gateway.ChangeAsync(Servers(Server("one", "shared: 6/1d"), Server("two", "shared: 2/1d")));

        GatewayServer[] after = gateway.Servers.All;
        after[0].Policy.ShouldNotBeSameAs(before[0].Policy);
        after[1].Policy.ShouldBeSameAs(before[1].Policy);
        after[1].Gate.ConfigVersion.ShouldNotBe(before[1].Gate.ConfigVersion);
        (await gateway.AllowedAsync(3, "/two/mcp")).ShouldBe(1);
        (await gateway.AllowedAsync(8, "/one/mcp")).ShouldBe(6);
    }

    [Fact]
    public async Task Change_LimitRemovedAndAddedAgain_KeepsWhatWasUsed()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 5/1d"));
        await gateway.AllowedAsync(4);

        await gateway.ChangeAsync(One("tools: [ { name: other, shared: 1/1d } ]"));
        (await gateway.AllowedAsync(3)).ShouldBe(3);
        await gateway.ChangeAsync(One("shared: 5/1d"));

        (await gateway.AllowedAsync(3)).ShouldBe(1);
    }

    [Fact]
    public async Task Change_ServerAddedAndRemoved_IsServedAndThenNotFound()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(Servers(Server("one")));
        (await gateway.CallAsync("/two/mcp")).Status.ShouldBe(HttpStatusCode.NotFound);

        await gateway.ChangeAsync(Servers(Server("one"), Server("two", "shared: 2/1d")));
        (await gateway.AllowedAsync(3, "/two/mcp")).ShouldBe(2);
        (await gateway.CallAsync("/mcp")).Status.ShouldBe(HttpStatusCode.NotFound); // There are two servers now.
        await gateway.ChangeAsync(Servers(Server("one")));

        (await gateway.CallAsync("/two/mcp")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.CallAsync("/mcp")).Status.ShouldBe(HttpStatusCode.OK);
        gateway.Log.Lines.ShouldContain(line => line.EndsWith("servers: 2. Added: two.", StringComparison.Ordinal));
        gateway.Log.Lines.ShouldContain(line => line.EndsWith("servers: 1. Removed: two.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Change_ServerRemoved_CallInFlightEndsAndItsLongStreamIsEnded()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(Servers(Server("one"), Server("two")));
        Task<(HttpStatusCode Status, string Body)> call = gateway.CallAsync("/two/mcp", tool: "waits");
        using Stream stream = await OpenStreamAsync(gateway, "/two/mcp");
        using Stream other = await OpenStreamAsync(gateway, "/one/mcp");
        await Eventually.HoldsAsync(() => _upstream.Received.Count == 3);

        await gateway.ChangeAsync(Servers(Server("one")));

        (await ReadToEndAsync(stream)).ShouldBe("data: open\n\n"); // It has an end, and is not cut off.
        (await gateway.CallAsync("/two/mcp")).Status.ShouldBe(HttpStatusCode.NotFound);
        call.IsCompleted.ShouldBeFalse();
        _release.SetResult();
        (await call).ShouldBe((HttpStatusCode.OK, Answer));
        byte[] begun = new byte["data: open\n\n".Length];
        await other.ReadExactlyAsync(begun);
        other.ReadAsync(begun).AsTask().IsCompleted.ShouldBeFalse(); // The stream of a server that stays is open.
    }

    [Fact]
    public async Task Change_AddressOfAServer_NewCallsGoThereAndOldOnesEnd()
    {
        await using FakeUpstream other = await FakeUpstream.StartAsync(FakeUpstream.Json("""{"jsonrpc":"2.0","id":1,"result":{"new":1}}"""));
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 3/1d"));
        Task<(HttpStatusCode Status, string Body)> call = gateway.CallAsync(tool: "waits");
        await Eventually.HoldsAsync(() => _upstream.Received.Count == 1);

        await gateway.ChangeAsync($"servers: [ {{ name: one, upstream: \"{other.Endpoint}\", rateLimiting: {{ shared: 3/1d }} }} ]\n");

        (await gateway.CallAsync()).Body.ShouldContain("\"new\":1");
        _release.SetResult();
        (await call).Body.ShouldBe(Answer);
        (await gateway.AllowedAsync(3)).ShouldBe(1);
    }

    [Fact]
    public async Task Change_KeyReplaced_OldOneIsUnknownAndUserKeepsWhatWasUsed()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(WithKey("perUser: 5/1d"));
        await gateway.AllowedAsync(3, key: Key);

        await gateway.ChangeAsync(WithKey("perUser: 5/1d", key: "another-key"));

        (await gateway.CallAsync(key: Key)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await gateway.AllowedAsync(5, key: "another-key")).ShouldBe(2);
    }

    [Fact]
    public async Task Change_HeldCall_IsForwardedAtItsInstantAndCountsAgainstTheNewBound()
    {
        ManualTimeProvider time = new();
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 1/1s, wait: 5s, maxWaiting: 2"), time);
        await gateway.CallAsync();
        Task<(HttpStatusCode Status, string Body)> held = gateway.CallAsync();
        await Eventually.HoldsAsync(() => gateway.Servers.All[0].Gate.HeldCount == 1);

        await gateway.ChangeAsync(One("shared: 1/1s, wait: 5s, maxWaiting: 1"));

        gateway.Servers.All[0].Gate.HeldCount.ShouldBe(1);
        (await gateway.AllowedAsync(1)).ShouldBe(0); // The place is taken.
        held.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        (await held).Body.ShouldBe(Answer);
    }

    [Fact]
    public async Task Change_SlotsInUse_StayInUse()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("concurrency: { shared: 2 }"));
        Task<(HttpStatusCode Status, string Body)> call = gateway.CallAsync(tool: "waits");
        await Eventually.HoldsAsync(() => _upstream.Received.Count == 1);

        await gateway.ChangeAsync(One("concurrency: { shared: 1 }"));

        (await gateway.AllowedAsync(1)).ShouldBe(0);
        _release.SetResult();
        await call;
        await Eventually.HoldsAsync(async () => await gateway.AllowedAsync(1) == 1);
    }

    [Fact]
    public async Task Change_MoreSlotsWhileCallsWait_WaitingCallsGoAtOnce()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("wait: 60s, concurrency: { shared: 1 }"));
        Task<(HttpStatusCode Status, string Body)>[] calls = [.. Enumerable.Range(0, 6).Select(_ => gateway.CallAsync(tool: "waits"))];
        await Eventually.HoldsAsync(() => gateway.Servers.All[0].Gate.HeldCount == 5 && _upstream.Received.Count == 1);

        await gateway.ChangeAsync(One("wait: 60s, concurrency: { shared: 4 }"));

        await Eventually.HoldsAsync(() => _upstream.Received.Count == 4);
        gateway.Servers.All[0].Gate.HeldCount.ShouldBe(2);
        _release.SetResult();
        (await Task.WhenAll(calls)).ShouldAllBe(call => call.Body == Answer);
        await Eventually.HoldsAsync(() => gateway.Servers.All[0].Gate is { RunningWithSlots: 0, HeldCount: 0 });
        await Eventually.HoldsAsync(() => gateway.Servers.Retained == 1);
    }

    [Fact]
    public async Task Change_SettingsThatCannotChange_KeepTheirValuesAndAreNamed()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 1/1d"));

        ReloadFixture.Replace(gateway.File, "listen: http://127.0.0.1:1\nstore: { maxKeys: 5000 }\nstop: { drain: 1s }\n" + One("shared: 4/1d"));
        await gateway.Reloader.LookAsync(CancellationToken.None);

        ReloadResult last = gateway.Servers.LastReload.ShouldNotBeNull();
        last.IsLoaded.ShouldBeTrue();
        last.NeedsRestart.ShouldBe(["listen", "store.maxKeys", "stop"]);
        gateway.Log.Lines.ShouldContain("These settings have changed, and keep their values until a restart: listen, store.maxKeys, stop.");
        gateway.Servers.Current.Configuration.Listen.Port.ShouldBe(0);
        (await gateway.AllowedAsync(5)).ShouldBe(4);
    }

    [Fact]
    public async Task Change_InvalidDocument_OldOneStaysAndAllFaultsAreLoggedOnce()
    {
        using Measurements seen = new(server: null);
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 2/1d"));
        string version = gateway.Servers.Current.Version;

        gateway.Write(One("shared: 10/fortnite, perUsers: 3/1m"));
        await gateway.Reloader.LookAsync(CancellationToken.None);
        await gateway.Reloader.LookAsync(CancellationToken.None);
        await gateway.Reloader.ReloadAsync(CancellationToken.None);

        gateway.Servers.Current.Version.ShouldBe(version);
        gateway.Servers.LastReload!.Faults.Length.ShouldBe(2);
        gateway.Servers.LastReload.Faults.ShouldAllBe(fault => fault.StartsWith("sluice.yaml:3:", StringComparison.Ordinal));
        string logged = gateway.Log.Lines.Where(line => line.Contains("fortnite", StringComparison.Ordinal)).ShouldHaveSingleItem();
        logged.ShouldContain("perUsers");
        gateway.Log.Lines.ShouldContain(line => line.StartsWith("The configuration is still invalid", StringComparison.Ordinal));
        (await gateway.AllowedAsync(3)).ShouldBe(2);

        await gateway.ChangeAsync(One("shared: 3/1d"));

        gateway.Servers.LastReload.IsLoaded.ShouldBeTrue();
        (await gateway.AllowedAsync(3)).ShouldBe(1);
        seen.Sum("sluice.config.reloads{result=rejected}").ShouldBeGreaterThanOrEqualTo(2); // Other tests reload too.
        seen.Sum("sluice.config.reloads{result=applied}").ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task Change_ContentIsTheSame_NothingIsReloadedUnlessAskedFor()
    {
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(One("shared: 2/1d"));
        ActiveConfiguration before = gateway.Servers.Current;

        await gateway.ChangeAsync(One("shared: 2/1d"));
        gateway.Servers.Current.ShouldBeSameAs(before);
        await gateway.Reloader.ReloadAsync(CancellationToken.None);

        gateway.Servers.Current.ShouldNotBeSameAs(before);
        gateway.Servers.Current.Version.ShouldBe(before.Version);
    }

    private const string Key = "the-key-of-alice";

    /// <summary>By what the last call was decided: the version, the user, and the capacities of the limits.</summary>
    private sealed class LastDecision : ICallObserver
    {
        internal string? Seen { get; private set; }

        public void Decided(in DecidedCall call) => Seen =
            $"{call.ConfigVersion} {call.Caller.Subject} {string.Join(' ', call.Decision.Limits.Limits.ToArray().Select(limit => limit.Capacity))}";
    }

    /// <summary>A body whose end is sent when the test says so.</summary>
    private sealed class SlowBody : HttpContent
    {
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly string _begin;
        private readonly string _end;

        internal SlowBody(string begin, string end)
        {
            _begin = begin;
            _end = end;
            Headers.ContentType = new("application/json");
        }

        internal void Complete() => _complete.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(_begin));
            await stream.FlushAsync();
            await _complete.Task;
            await stream.WriteAsync(Encoding.UTF8.GetBytes(_end));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private string One(string limits) => Servers(Server("one", limits));

    private string WithKey(string limits, string key = Key) =>
        $"auth: {{ apiKeys: [ {{ user: alice, sha256: {GatewayFixture.HashOf(key)} }} ] }}\n" + One(limits);

    private static string Servers(params string[] servers) => "servers:\n" + string.Concat(servers);

    private string Server(string name, string limits = "shared: 1000/1d") =>
        $"  - {{ name: {name}, upstream: \"{_upstream.Endpoint}\", rateLimiting: {{ {limits} }} }}\n";

    private async Task AnswerAsync(HttpContext context)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: open\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        if (Encoding.UTF8.GetString((byte[])context.Items["body"]!).Contains("waits", StringComparison.Ordinal))
        {
            await _release.Task;
        }

        await FakeUpstream.Json(Answer)(context);
    }

    private static async Task<Stream> OpenStreamAsync(ReloadFixture gateway, string path)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadAsStreamAsync();
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        using StreamReader reader = new(stream, leaveOpen: true);
        return await reader.ReadToEndAsync().WaitAsync(Eventually.Patience);
    }
}
