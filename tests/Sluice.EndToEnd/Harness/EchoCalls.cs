using System.Net.Http.Json;

namespace Sluice.EndToEnd;

/// <summary>Calls of the tool <c>echo</c> without a session, and what they come to.</summary>
internal static class EchoCalls
{
    /// <summary>The body that came back.</summary>
    internal static async Task<string> PostAsync(HttpClient http, Uri endpoint, string user, int id)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, endpoint)
        {
            Content = JsonContent.Create(new
            {
                jsonrpc = "2.0",
                id,
                method = "tools/call",
                @params = new { name = "echo", arguments = new { message = $"{id}" } },
            }),
        };
        request.Headers.Authorization = new("Bearer", $"key-of-{user}");
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        using HttpResponseMessage response = await http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    internal static bool IsAdmitted(string answer) => answer.Contains("Echo: ", StringComparison.Ordinal);

    internal static bool IsRefused(string answer) => answer.Contains("\"code\":429", StringComparison.Ordinal);
}
