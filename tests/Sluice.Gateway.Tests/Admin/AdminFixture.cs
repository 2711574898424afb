using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Documents;

namespace Sluice.Gateway.Tests.Admin;

/// <summary>A gateway and its admin address, on free ports of loopback, in this process.</summary>
internal sealed class AdminFixture : IAsyncDisposable
{
    internal const string Token = "0123456789-admin-token";
    private readonly GatewayTelemetry _telemetry;
    private readonly WebApplication _admin;
    private readonly CallJournals _journals;
    private readonly CancellationTokenSource _stopping;

    private AdminFixture(WebApplication gateway, WebApplication admin, GatewayTelemetry telemetry, CallJournals journals, CancellationTokenSource stopping)
    {
        Gateway = gateway;
        _admin = admin;
        _telemetry = telemetry;
        _journals = journals;
        _stopping = stopping;
        Client = new HttpClient { BaseAddress = new Uri(admin.Urls.First()) };
        GatewayClient = new HttpClient { BaseAddress = new Uri(gateway.Urls.First()) };
    }

    internal WebApplication Gateway { get; }

    /// <summary>Calls the admin address.</summary>
    internal HttpClient Client { get; }

    /// <summary>Calls the address of clients.</summary>
    internal HttpClient GatewayClient { get; }

    /// <summary>Starts both.</summary>
    /// <param name="servers">The value of <c>servers</c>, in YAML's flow style.</param>
    /// <param name="admin">The value of <c>admin</c>; its port is a free one.</param>
    /// <param name="store">Where the buckets are; null for memory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="more">Further lines of the file.</param>
    /// <param name="variables">The variables of OpenTelemetry.</param>
    /// <param name="logs">How much is logged; null for the default.</param>
    internal static async Task<AdminFixture> StartAsync(
        string servers,
        string admin = "{ listen: \"http://127.0.0.1:0\" }",
        IRateLimitStore? store = null,
        TimeProvider? time = null,
        string more = "",
        OtlpVariables? variables = null,
        LogSettings? logs = null)
    {
        GatewayConfiguration configuration = GatewayFile.Parse(
            $"listen: http://127.0.0.1:0\nadmin: {admin}\nservers: {servers}\n{more}\n", "test.yaml").RequireConfiguration();
        time ??= TimeProvider.System;
        store ??= new InProcessStore(new InProcessStoreOptions(), time);
        GatewayTelemetry telemetry = GatewayTelemetry.Start(
            variables ?? OtlpVariables.None,
            new MetricReaders(IsScraped: true, EmitsToolHive: configuration.ToolHive is not null, CacheMilliseconds: 0),
            SeriesBounds.Of(configuration),
            NullLoggerFactory.Instance,
            time);
        GatewayCounts counts = new(time);
        CallJournals journals = CallJournals.Open(JournalSettings.Of(configuration), time, NullLoggerFactory.Instance, out string? fault)
            ?? throw new InvalidOperationException(fault);
        WebApplication gateway = GatewayApplication.Build(
            configuration, store, time, GatewayRunner.Observe(configuration, store, journals.Observe(counts)), ServingBounds.Default, null, logs ?? LogSettings.Default);
        await gateway.StartAsync();
        CancellationTokenSource stopping = new();
        WebApplication application = AdminApplication.Build(
            new RunningGateway(gateway.Services.GetRequiredService<GatewayServers>(), store, telemetry.Metrics, counts, time, stopping.Token)
            {
                Journals = journals,
            },
            configuration.Admin!,
            null,
            logs ?? LogSettings.Default);
        await application.StartAsync();
        return new AdminFixture(gateway, application, telemetry, journals, stopping);
    }

    /// <summary>What the admin address serves: methods and patterns of paths.</summary>
    internal IEnumerable<(string Method, string Pattern)> Routes => ((IEndpointRouteBuilder)_admin).DataSources
        .SelectMany(source => source.Endpoints)
        .OfType<RouteEndpoint>()
        .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
            .Select(method => (method, endpoint.RoutePattern.RawText ?? "")));

    internal CapturedLog Capture()
    {
        CapturedLog log = new();
        _admin.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        return log;
    }

    internal void BeginToStop() => _stopping.Cancel();

    internal async Task<(HttpStatusCode Status, string Body)> GetAsync(string path, string? token = null, string? accept = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (accept is not null)
        {
            request.Headers.Accept.ParseAdd(accept);
        }

        using HttpResponseMessage response = await Client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    internal async Task<JsonElement> JsonAsync(string path, string? token = null)
    {
        (HttpStatusCode status, string body) = await GetAsync(path, token);
        status.ShouldBe(HttpStatusCode.OK, body);
        return JsonDocument.Parse(body).RootElement;
    }

    /// <summary>Sends JSON to the admin address.</summary>
    internal async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        string path, string body, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = new StringContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }

        using HttpResponseMessage response = await Client.SendAsync(request);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    /// <summary>Calls; returns the answer.</summary>
    internal Task<string> CallAsync(string path = "/mcp", string tool = "x", string method = "tools/call", string? user = null) =>
        PostAsync(path, $$$"""{"jsonrpc":"2.0","id":1,"method":"{{{method}}}","params":{"name":"{{{tool}}}"}}""", user);

    internal async Task<string> PostAsync(string path, string body, string? user = null)
    {
        using HttpRequestMessage request = GatewayFixture.Post(body, path);
        if (user is not null)
        {
            request.Headers.Add("X-User", user);
        }

        using HttpResponseMessage response = await GatewayClient.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        GatewayClient.Dispose();
        await Gateway.StopAsync();
        await Gateway.DisposeAsync();
        await _admin.StopAsync();
        await _admin.DisposeAsync();
        await _telemetry.DisposeAsync();
        await _journals.DisposeAsync();
        _stopping.Dispose();
    }
}
