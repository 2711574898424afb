using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>
/// Debian's Chromium, driven by Playwright, with one page at a time; shared by the tests of one class. <c>node/browser.mjs</c> has its commands.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    private readonly ChildProcess _driver = ChildProcess.StartWithInput("node", Path.Combine(Repository.NodeFolder, "browser.mjs"));
    private int _answers;

    /// <summary>Opens a page in a context of its own, without what an earlier page stored, and closes the earlier page.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="options">Options of Playwright's browser context.</param>
    internal Task OpenAsync(Uri address, object? options = null) => DoAsync("open", address.ToString(), options ?? new { });

    /// <summary>Waits for an element that is visible.</summary>
    /// <param name="selector">Which one.</param>
    /// <param name="text">A text that must be in it; or null.</param>
    internal Task WaitForAsync(string selector, string? text = null) =>
        text is null ? DoAsync("waitFor", selector) : DoAsync("waitFor", selector, text);

    internal Task ClickAsync(string selector) => DoAsync("click", selector);

    internal Task FillAsync(string selector, string text) => DoAsync("fill", selector, text);

    /// <summary>Presses a key, as <c>Tab</c> or <c>Enter</c>.</summary>
    internal Task PressAsync(string key) => DoAsync("press", key);

    /// <summary>Types a text where the focus is.</summary>
    internal Task TypeAsync(string text) => DoAsync("type", text);

    internal Task ReloadAsync() => DoAsync("reload");

    internal async Task<string> TextAsync(string selector) => (await DoAsync("innerText", selector)).GetString()!;

    /// <summary>The value of an expression of JavaScript in the page.</summary>
    internal Task<JsonElement> EvaluateAsync(string expression) => DoAsync("evaluate", expression);

    /// <summary>What axe-core finds wrong with the page as it is.</summary>
    internal async Task<string[]> ViolationsAsync() => (await DoAsync("violations")).Deserialize<string[]>()!;

    /// <summary>The addresses of all requests of the page, and the errors of its scripts and of its policy.</summary>
    internal async Task<(string[] Requests, string[] Errors)> SeenAsync()
    {
        JsonElement seen = await DoAsync("seen");
        return (seen.GetProperty("requests").Deserialize<string[]>()!, seen.GetProperty("errors").Deserialize<string[]>()!);
    }

    /// <summary>Presses Tab until an element has the focus, as a user without a mouse does.</summary>
    internal async Task TabToAsync(string selector)
    {
        const int MostPresses = 300;
        string expression = $"document.activeElement.matches({JsonSerializer.Serialize(selector)})";
        for (int press = 0; press < MostPresses; press++)
        {
            await PressAsync("Tab");
            if ((await EvaluateAsync(expression)).GetBoolean())
            {
                return;
            }
        }

        throw new InvalidOperationException($"Tab never came to '{selector}'.");
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _driver.CloseInput(); // The driver then ends the browser, which deletes its profile.
        await _driver.WaitForExitAsync();
        await _driver.DisposeAsync();
    }

    private async Task<JsonElement> DoAsync(params object[] command)
    {
        string start = $"{{\"answer\":{++_answers},";
        _driver.WriteLine(JsonSerializer.Serialize(command));
        JsonElement result = JsonSerializer.Deserialize<JsonElement>(
            await _driver.WaitForLineAsync(line => line.StartsWith(start, StringComparison.Ordinal)));
        return result.TryGetProperty("error", out JsonElement error)
            ? throw new InvalidOperationException($"{JsonSerializer.Serialize(command)}: {error.GetString()}")
            : result.GetProperty("value");
    }
}
