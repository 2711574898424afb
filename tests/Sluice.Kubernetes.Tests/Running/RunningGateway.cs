using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Gateway;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>A gateway as <c>sluice run --kubernetes</c> runs it, in this process, and a server behind it that answers every call.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    /// <summary>The answer to a call that reached the server.</summary>
    internal const string Admitted = "admitted";

    /// <summary>The answer to a call that a limit rejected.</summary>
    internal const string Rejected = "rejected";

    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-cluster-");
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _client = new();
    private readonly WebApplication _upstream;
    private Task<int> _running = Task.FromResult(0);
    private Uri? _address;

    private RunningGateway(WebApplication upstream) => _upstream = upstream;

    private string Kubeconfig => Path.Combine(_folder.FullName, "kubeconfig");

    /// <summary>The file with its settings.</summary>
    internal string Settings => Path.Combine(_folder.FullName, "sluice.yaml");

    /// <summary>Where it listens, once it does.</summary>
    internal Uri Address => _address!;

    /// <summary>Where the server behind it is.</summary>
    internal string Upstream => _upstream.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First() + "/mcp";

    /// <summary>Makes a gateway, with its server, that does not run yet.</summary>
    internal static async Task<RunningGateway> CreateAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddLogging(logging => logging.ClearProviders());
        WebApplication upstream = builder.Build();
        upstream.Run(AnswerAsync);
        await upstream.StartAsync();
        return new RunningGateway(upstream);
    }

    /// <summary>Begins to run it, and waits until it listens.</summary>
    /// <param name="server">The address of the API server.</param>
    /// <param name="user">The user of the kubeconfig, as YAML.</param>
    /// <param name="authority">The file of the certificate of the API server; null for http.</param>
    /// <param name="requiresPolicy">Whether it serves no server without a policy.</param>
    /// <param name="gateway">The name of its Gateway; null for none.</param>
    /// <param name="time">Its clock; the system's when it is left out.</param>
    internal async Task StartAsync(string server, string user, string? authority, bool requiresPolicy = false, TimeProvider? time = null, string? gateway = null)
    {
        await WriteKubeconfigAsync(server, user, authority);
        await File.WriteAllTextAsync(Settings, "listen: http://127.0.0.1:0\n");
        TaskCompletionSource<Uri> listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
        LogSettings log = LogSettings.Read(isVerbose: false, out _);
        _running = Task.Run(() => KubernetesRun.RunAsync(
            Settings,
            new KubernetesRunSettings(Kubeconfig, Gateway: gateway, RequiresPolicy: requiresPolicy) { Time = time ?? TimeProvider.System },
            log,
            (address, _) => listening.SetResult(address),
            _stop.Token));
        await Task.WhenAny(listening.Task, _running).WaitAsync(StartTime, TimeProvider.System);
        _address = _running.IsCompleted ? throw new InvalidOperationException($"The gateway ended with {await _running}.") : await listening.Task;
    }

    /// <summary>Writes its kubeconfig, which it may have read before.</summary>
    internal Task WriteKubeconfigAsync(string server, string user, string? authority) =>
        File.WriteAllTextAsync(Kubeconfig, KubeconfigOf(server, user, authority));

    /// <summary>The kubeconfig of one server and one user.</summary>
    internal static string KubeconfigOf(string server, string user, string? authority) =>
        $$"""
        apiVersion: v1
        kind: Config
        clusters: [ { name: c, cluster: { server: "{{server}}"{{(authority is null ? "" : $", certificate-authority: \"{authority}\"")}} } } ]
        users: [ { name: u, user: {{user}} } ]
        contexts: [ { name: x, context: { cluster: c, user: u, namespace: default } } ]
        current-context: x

        """;

    /// <summary>Calls a tool until the answer is the one that is waited for.</summary>
    internal Task UntilAsync(string path, bool isAdmitted) => UntilAnswerAsync(path, isAdmitted ? Admitted : Rejected);

    /// <summary>Calls until a server is no longer served.</summary>
    internal Task UntilGoneAsync(string path) => UntilAnswerAsync(path, "404");

    /// <summary>Calls a tool; returns <see cref="Admitted"/>, <see cref="Rejected"/> or the status of HTTP.</summary>
    internal async Task<string> CallAsync(string path)
    {
        using HttpResponseMessage response = await SendAsync(path);
        string answer = await response.Content.ReadAsStringAsync();
        return answer.Contains("\"result\"", StringComparison.Ordinal) ? Admitted
            : answer.Contains("retryAfter", StringComparison.OrdinalIgnoreCase) || response.Headers.RetryAfter is not null ? Rejected
            : $"{(int)response.StatusCode}";
    }

    /// <summary>Calls a tool; returns the header that names the limits of the call.</summary>
    internal async Task<string> HeaderAsync(string path)
    {
        using HttpResponseMessage response = await SendAsync(path);
        return response.Headers.TryGetValues("RateLimit-Policy", out IEnumerable<string>? values) ? string.Join(',', values) : $"{(int)response.StatusCode}";
    }

    /// <summary>Calls a tool until the header that names the limits contains a text.</summary>
    internal async Task UntilHeaderAsync(string path, string text)
    {
        using CancellationTokenSource late = new(StartTime, TimeProvider.System);
        while (await HeaderAsync(path) is string header && !header.Contains(text, StringComparison.Ordinal))
        {
            late.IsCancellationRequested.ShouldBeFalse(header);
        }
    }

    /// <summary>Opens a session of the protocol; returns its id.</summary>
    internal async Task<string> OpenSessionAsync(string path)
    {
        using HttpResponseMessage response = await SendAsync(
            path,
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""");
        response.Headers.TryGetValues("Mcp-Session-Id", out IEnumerable<string>? ids).ShouldBeTrue(await response.Content.ReadAsStringAsync());
        string session = ids!.Single();
        using HttpResponseMessage begun = await SendAsync(path, """{"jsonrpc":"2.0","method":"notifications/initialized"}""", session);
        return session;
    }

    /// <summary>Sends a request in a session; returns the body of the answer.</summary>
    internal async Task<string> AskAsync(string path, string method, string parameters, string session)
    {
        using HttpResponseMessage response = await SendAsync(path, $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":{{parameters}}}""", session);
        return await response.Content.ReadAsStringAsync();
    }

    // A server with one tool.
    private static async Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        JsonNode message = (await JsonNode.ParseAsync(context.Request.Body))!;
        if (message["id"] is not JsonNode id)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        JsonObject result = (string?)message["method"] switch
        {
            "initialize" => new()
            {
                ["protocolVersion"] = "2025-11-25",
                ["capabilities"] = new JsonObject { ["tools"] = new JsonObject() },
                ["serverInfo"] = new JsonObject { ["name"] = "one", ["version"] = "1" },
            },
            "tools/list" => new() { ["tools"] = new JsonArray(new JsonObject { ["name"] = "search", ["inputSchema"] = new JsonObject { ["type"] = "object" } }) },
            "tools/call" => new() { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = $"called {message["params"]!["name"]}" }) },
            _ => [],
        };
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id.DeepClone(), ["result"] = result }.ToJsonString());
    }

    private Task<HttpResponseMessage> SendAsync(string path) =>
        SendAsync(path, """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}""");

    /// <summary>Calls a tool with an API key; returns the status of HTTP.</summary>
    internal async Task<int> CallAsync(string path, string key)
    {
        using HttpResponseMessage response = await SendAsync(
            path, """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}""", session: null, key);
        return (int)response.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string body, string? session = null, string? key = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(_address!, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        if (session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", session);
            request.Headers.Add("MCP-Protocol-Version", "2025-11-25");
        }

        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        return await _client.SendAsync(request);
    }

    private async Task UntilAnswerAsync(string path, string expected)
    {
        using CancellationTokenSource late = new(StartTime, TimeProvider.System);
        while (await CallAsync(path) is string answer && answer != expected)
        {
            late.IsCancellationRequested.ShouldBeFalse($"{path} is {answer}, and not {expected}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _client.Dispose();
        await _upstream.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
