using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>A gateway with an admin address, real calls to it, and what always holds for its dashboard.</summary>
internal static class Dashboard
{
    /// <summary>Starts a gateway.</summary>
    /// <param name="server">The server behind it.</param>
    /// <param name="limits">The value of <c>rateLimiting</c>, in YAML's flow style.</param>
    /// <param name="token">The token of the admin address; or null.</param>
    /// <param name="listen">The admin address.</param>
    /// <param name="more">Further lines of the file.</param>
    internal static Task<SluiceProgram> StartAsync(
        EverythingServer server, string limits, string? token = null, string listen = "http://127.0.0.1:0", string more = "") =>
        SluiceProgram.StartAsync(Configuration(server, limits, token, listen, more));

    /// <summary>The file of such a gateway.</summary>
    internal static string Configuration(
        EverythingServer server, string limits, string? token = null, string listen = "http://127.0.0.1:0", string more = "") =>
        $$"""
        {{SluiceProgram.Configuration(server.Endpoint, limits)}}
        admin: { listen: "{{listen}}"{{(token is null ? "" : $", token: {token}")}} }
        {{more}}
        """;

    /// <summary>Calls a tool as alice.</summary>
    /// <returns>What the client saw: that it is connected, and then of each call.</returns>
    internal static Task<JsonElement[]> CallAsync(SluiceProgram sluice, int calls, string tool = "echo") => Callers.TypeScriptAsync(
        "sdk",
        sluice.Endpoint,
        "key-of-alice",
        JsonSerializer.Serialize(Enumerable.Repeat(new { tool, arguments = new { message = "hi" } }, calls)));

    /// <summary>Calls <c>echo</c> once as alice; whether it was allowed.</summary>
    internal static async Task<bool> IsAllowedAsync(SluiceProgram sluice) =>
        (await CallAsync(sluice, calls: 1))[1].TryGetProperty("text", out _);

    /// <summary>Waits until so many pages are connected.</summary>
    internal static async Task WaitForStreamsAsync(SluiceProgram sluice, int open)
    {
        using HttpClient http = new() { BaseAddress = await sluice.AdminAsync() };
        await Eventually.HoldsAsync(async () =>
        {
            JsonElement status = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync("api/v1/status"));
            return status.GetProperty("streams").GetProperty("open").GetInt32() == open;
        });
    }

    /// <summary>Every request went to the admin address, and no script and no rule of the policy failed.</summary>
    internal static async Task ShouldHaveStayedAtHomeAsync(Browser browser, SluiceProgram sluice)
    {
        string home = (await sluice.AdminAsync()).ToString();
        (string[] requests, string[] errors) = await browser.SeenAsync();
        requests.Length.ShouldBeGreaterThan(10);
        requests.ShouldAllBe(address => address.StartsWith(home, StringComparison.Ordinal));
        errors.ShouldBeEmpty();
    }
}
