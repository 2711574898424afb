using System.Net;

namespace Sluice.EndToEnd.Harness;

/// <summary>A session of the legacy era, driven message by message.</summary>
internal sealed class McpSession(Uri url, Caller caller) : IDisposable
{
    private readonly HttpClient _client = new();
    private string? _sessionId;

    /// <summary>Begins a new session in place of the last one.</summary>
    public async Task InitializeAsync()
    {
        _sessionId = null;
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, McpHttp.Initialize);
        (await McpHttp.ReadMessageAsync(response)).ShouldContainKey("result");
        _sessionId = response.Headers.GetValues("Mcp-Session-Id").Single();
    }

    /// <summary>Sends a request and returns its answer.</summary>
    public async Task<JsonObject> AskAsync(string body)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Post, body);
        return await McpHttp.ReadMessageAsync(response);
    }

    /// <summary>Sends something and reads the headers of the answer alone, since a GET never ends.</summary>
    public async Task ExpectStatusAsync(HttpMethod method, string? body, HttpStatusCode expected)
    {
        using HttpResponseMessage response = await SendAsync(method, body);
        response.StatusCode.ShouldBe(expected, $"{method} {body}");
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string? body)
    {
        using HttpRequestMessage request = body is null
            ? McpHttp.Request(method, url, caller.ApiKey, _sessionId)
            : McpHttp.Post(url, body, caller.ApiKey, _sessionId);
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
