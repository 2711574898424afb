using System.Net;
using System.Text;

namespace Sluice.EndToEnd;

/// <summary>A legacy session over plain HTTP, for tests that look at bytes and headers.</summary>
internal sealed class Session : IDisposable
{
    private const string Initialize =
        """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""";

    private readonly HttpClient _http;
    private readonly Uri _endpoint;

    private Session(HttpClient http, Uri endpoint)
    {
        _http = http;
        _endpoint = endpoint;
    }

    internal static async Task<Session> StartAsync(Uri endpoint, string key)
    {
        HttpClient http = new();
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        Session session = new(http, endpoint);
        using HttpResponseMessage response = await http.SendAsync(session.Post(Initialize));
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        http.DefaultRequestHeaders.Add("Mcp-Session-Id", response.Headers.GetValues("Mcp-Session-Id").Single());
        http.DefaultRequestHeaders.Add("MCP-Protocol-Version", "2025-11-25");
        (await session.PostAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""")).Status.ShouldBe(HttpStatusCode.Accepted);
        return session;
    }

    internal static string Echo(int id) =>
        $"{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"tools/call\",\"params\":{{\"name\":\"echo\",\"arguments\":{{\"message\":\"hi\"}}}}}}";

    internal async Task<Answer> PostAsync(string message)
    {
        using HttpResponseMessage response = await _http.SendAsync(Post(message));
        return await Answer.ReadAsync(response);
    }

    /// <summary>The stream on which the server speaks first; its headers are there when this returns.</summary>
    internal Task<HttpResponseMessage> OpenStreamAsync()
    {
        HttpRequestMessage request = new(HttpMethod.Get, _endpoint);
        request.Headers.Accept.ParseAdd("text/event-stream");
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    internal async Task<HttpStatusCode> DeleteAsync()
    {
        using HttpResponseMessage response = await _http.DeleteAsync(_endpoint);
        return response.StatusCode;
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Post(string message)
    {
        HttpRequestMessage request = new(HttpMethod.Post, _endpoint)
        {
            Content = new StringContent(message, Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        return request;
    }
}
