using System.Net;
using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>A web page with an MCP client in it, on an origin of its own, and the browser that shows it.</summary>
internal sealed class WebPage : IDisposable
{
    private readonly HttpListener _listener = new();

    internal WebPage()
    {
        Origin = $"http://127.0.0.1:{FreePort.Next()}";
        _listener.Prefixes.Add($"{Origin}/");
        _listener.Start();
    }

    internal string Origin { get; }

    /// <summary>Opens the page in a browser.</summary>
    /// <param name="endpoint">The MCP endpoint that its script calls.</param>
    /// <returns>What the script could read of each answer.</returns>
    internal async Task<Dictionary<string, PageAnswer>> ShowAsync(Uri endpoint)
    {
        DirectoryInfo profile = Directory.CreateTempSubdirectory("sluice-browser-");
        try
        {
            // Without a debugging port the browser may end before the script does.
            await using ChildProcess browser = ChildProcess.Start(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                "--remote-debugging-port=0",
                $"--user-data-dir={profile.FullName}",
                $"{Origin}/?endpoint={Uri.EscapeDataString(endpoint.ToString())}");
            try
            {
                return await ServeAsync().WaitAsync(2 * Eventually.Patience);
            }
            catch (TimeoutException exception)
            {
                throw new InvalidOperationException($"The page did not report.\n{browser.Captured()}", exception);
            }
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }

    public void Dispose() => _listener.Close();

    /// <summary>Serves the page until its script reports.</summary>
    private async Task<Dictionary<string, PageAnswer>> ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context = await _listener.GetContextAsync();
            using HttpListenerResponse response = context.Response;
            if (context.Request.HttpMethod == "POST")
            {
                return await JsonSerializer.DeserializeAsync<Dictionary<string, PageAnswer>>(
                    context.Request.InputStream, JsonSerializerOptions.Web)
                    ?? throw new InvalidOperationException("The page reported nothing.");
            }

            response.ContentType = "text/html";
            byte[] page = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Harness", "page.html"));
            await response.OutputStream.WriteAsync(page);
        }
    }
}
