using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Redis;

namespace Sluice.Gateway.Tests.Admin;

public sealed class AdminAddressTests
{
    private const string WithToken = $"{{ listen: \"http://127.0.0.1:0\", token: {AdminFixture.Token} }}";
    private readonly string _server = $"admin-{Guid.NewGuid():N}";

    [Fact]
    public async Task Metrics_ByAnotherMethod_AreNotServed()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"));

        using HttpResponseMessage response = await admin.Client.PostAsync("/metrics", null);

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["GET", "HEAD"]);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/api/v1/status")]
    [InlineData("/api/v1/openapi.json")]
    [InlineData("/api/v1/events")]
    public async Task Head_OfWhatIsRead_IsAnsweredAsGetWithoutABody(string path)
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"));
        using HttpRequestMessage request = new(HttpMethod.Head, path);
        using HttpRequestMessage get = new(HttpMethod.Get, path);

        using HttpResponseMessage response = await admin.Client.SendAsync(request);
        using HttpResponseMessage expected = await admin.Client.SendAsync(get, HttpCompletionOption.ResponseHeadersRead);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(expected.Content.Headers.ContentType!.MediaType);
        (await response.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST", "/healthz", "GET, HEAD")]
    [InlineData("POST", "/readyz", "GET, HEAD")]
    [InlineData("POST", "/api/v1/status", "GET, HEAD")]
    [InlineData("OPTIONS", "/api/v1/status", "GET, HEAD")]
    [InlineData("POST", "/api/v1/openapi.json", "GET, HEAD")]
    [InlineData("PUT", "/api/v1/servers/x/history", "GET, HEAD")]
    [InlineData("GET", "/api/v1/try", "POST")]
    [InlineData("HEAD", "/api/v1/reset", "POST")]
    [InlineData("DELETE", "/", "GET, HEAD")]
    public async Task Request_ByAMethodThatThePathLacks_NamesThoseItHas(string method, string path, string allowed)
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"));
        using HttpRequestMessage request = new(new HttpMethod(method), path);

        using HttpResponseMessage response = await admin.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        string.Join(", ", response.Content.Headers.Allow.Order()).ShouldBe(allowed);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(path.StartsWith("/api/", StringComparison.Ordinal) ? "application/problem+json" : "application/json");
        if (method != "HEAD")
        {
            (await response.Content.ReadAsStringAsync()).ShouldContain($"It has: {allowed}.");
        }
    }

    [Theory]
    [InlineData("GET", "/nothing")]
    [InlineData("POST", "/api/v1/nothing.json")]
    public async Task Request_ForAnUnknownPath_IsNotFound(string method, string path)
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"));
        using HttpRequestMessage request = new(new HttpMethod(method), path);

        using HttpResponseMessage response = await admin.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadAsStringAsync()).ShouldContain("Nothing is at this path of the admin address.");
    }

    [Fact]
    public async Task Metrics_OpenTelemetryDisabled_AreNotFoundAndSayWhy()
    {
        OtlpVariables disabled = OtlpVariables.Read(name => name == "OTEL_SDK_DISABLED" ? "true" : null, out _);
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"), variables: disabled);

        (HttpStatusCode status, string body) = await admin.GetAsync("/metrics");

        status.ShouldBe(HttpStatusCode.NotFound);
        body.ShouldContain("OTEL_SDK_DISABLED is true");
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task AddressOfClients_ServesNothingOfTheAdminAddress(string path)
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"));

        using HttpResponseMessage response = await admin.GatewayClient.GetAsync(path);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Token_WrongOrMissing_Is401AndTheRightOneIsServed()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"), WithToken);

        (await admin.GetAsync("/metrics")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await admin.GetAsync("/metrics", "wrong")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await admin.GetAsync("/metrics", AdminFixture.Token[..^1])).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await admin.GetAsync("/nothing-here", "wrong")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await admin.GetAsync("/metrics", AdminFixture.Token)).Status.ShouldBe(HttpStatusCode.OK);
        (await admin.GetAsync("/nothing-here", AdminFixture.Token)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Token_WrongTooOften_Is429LoggedOnceAndLocksNoOtherOut()
    {
        ManualTimeProvider time = new();
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"), WithToken, time: time);
        using CapturedLog log = admin.Capture();
        for (int call = 0; call < AdminAuthentication.FailuresPerMinute; call++)
        {
            (await admin.GetAsync("/metrics", $"wrong-{call}")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        }

        (await admin.GetAsync("/metrics", "wrong")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await admin.GetAsync("/metrics")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await admin.GetAsync("/metrics", AdminFixture.Token)).Status.ShouldBe(HttpStatusCode.OK);
        time.Advance(TimeSpan.FromMinutes(1));
        (await admin.GetAsync("/metrics", "wrong")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        log.Lines.Count(line => line.StartsWith("A request to the admin address came with a wrong token.", StringComparison.Ordinal)).ShouldBe(1);
        log.Lines.ShouldNotContain(line => line.Contains("wrong-") || line.Contains(AdminFixture.Token));
    }

    [Fact]
    public async Task Request_ThatNamesAnotherMachine_IsForbidden()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"));
        using HttpRequestMessage request = new(HttpMethod.Get, "/metrics") { Headers = { Host = "evil.example" } };

        using HttpResponseMessage response = await admin.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Health_InMemory_IsAliveAndReady()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"));

        (await admin.GetAsync("/healthz")).ShouldBe((HttpStatusCode.OK, """{"status":"alive"}"""));
        (HttpStatusCode status, string body) = await admin.GetAsync("/readyz");
        status.ShouldBe(HttpStatusCode.OK);
        JsonElement json = JsonDocument.Parse(body).RootElement;
        json.GetProperty("status").GetString().ShouldBe("ready");
        json.GetProperty("store").GetProperty("kind").GetString().ShouldBe("memory");
        json.GetProperty("configuration").GetProperty("servers").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Readiness_ChangedDocumentWasRejected_IsReadyAndShowsTheFaults()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"));
        GatewayServers servers = admin.Gateway.Services.GetRequiredService<GatewayServers>();
        servers.LastReload = new ReloadResult(DateTimeOffset.UnixEpoch, ["sluice.yaml:1:1 wrong"], []);

        JsonElement ready = await admin.JsonAsync("/readyz");
        JsonElement status = (await admin.JsonAsync("/api/v1/status")).GetProperty("config");

        ready.GetProperty("status").GetString().ShouldBe("ready");
        foreach (JsonElement configuration in (JsonElement[])[ready.GetProperty("configuration"), status])
        {
            configuration.GetProperty("version").GetString().ShouldBe(servers.Current.Version);
            JsonElement last = configuration.GetProperty("lastReload");
            last.GetProperty("result").GetString().ShouldBe("refused");
            last.GetProperty("at").GetString().ShouldBe("1970-01-01T00:00:00.000Z");
            configuration.GetProperty("loadedAt").GetString().ShouldBe(ApiTime.Text(servers.Current.LoadedAt));
            last.GetProperty("faults")[0].GetString().ShouldBe("sluice.yaml:1:1 wrong");
            last.GetProperty("needsRestart").GetArrayLength().ShouldBe(0);
        }

        servers.Current.Version.Length.ShouldBe(16);
    }

    [Fact]
    public async Task Health_WithAToken_IsOpenWithoutDetail()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"), WithToken);

        (await admin.GetAsync("/healthz")).Status.ShouldBe(HttpStatusCode.OK);
        (await admin.GetAsync("/readyz")).ShouldBe((HttpStatusCode.OK, """{"status":"ready"}"""));
        (await admin.GetAsync("/readyz", AdminFixture.Token)).Body.ShouldContain("\"store\"");
    }

    [Theory]
    [InlineData("local", HttpStatusCode.OK, "degraded")]
    [InlineData("allow", HttpStatusCode.OK, "degraded")]
    [InlineData("deny", HttpStatusCode.ServiceUnavailable, "unavailable")]
    public async Task Readiness_StoreIsDown_FailsOnlyWhereCallsAreRejectedThen(string onStoreFailure, HttpStatusCode expected, string status)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using RedisStore redis = RedisStore.Connect(new RedisStoreOptions { Configuration = "127.0.0.1:1", Timeout = TimeSpan.FromMilliseconds(20) });
        await using AdminFixture admin = await AdminFixture.StartAsync(
            Server($"{{ shared: 1000/1d, onStoreFailure: {onStoreFailure} }}", upstream.Endpoint), store: redis);

        await Eventually.HoldsAsync(() => !redis.IsAvailable); // Without any call: the heartbeats tell.

        (HttpStatusCode seen, string body) = await admin.GetAsync("/readyz");

        seen.ShouldBe(expected);
        JsonDocument.Parse(body).RootElement.GetProperty("status").GetString().ShouldBe(status);
        JsonDocument.Parse(body).RootElement.GetProperty("store").GetProperty("available").GetBoolean().ShouldBeFalse();
        (await admin.GetAsync("/healthz")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Readiness_GatewayIsStopping_Fails()
    {
        await using AdminFixture admin = await AdminFixture.StartAsync(Server("{ shared: 2/1d }"));

        admin.BeginToStop();

        (HttpStatusCode status, string body) = await admin.GetAsync("/readyz");
        status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        body.ShouldStartWith("""{"status":"stopping" """.TrimEnd());
        (await admin.GetAsync("/healthz")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private string Server(string limits, Uri? upstream = null) =>
        $"[ {{ name: {_server}, upstream: \"{upstream ?? new Uri("http://127.0.0.1:1/mcp")}\", rateLimiting: {limits} }} ]";
}
