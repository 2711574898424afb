using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Reload;

/// <summary>A gateway whose document is a file of a test.</summary>
internal sealed class ReloadFixture : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly DirectoryInfo _folder;

    private ReloadFixture(WebApplication application, DirectoryInfo folder, ConfigurationReloader reloader, CapturedLog log)
    {
        _application = application;
        _folder = folder;
        Reloader = reloader;
        Log = log;
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(application.Urls.First()) };
        Servers = application.Services.GetRequiredService<GatewayServers>();
    }

    internal HttpClient Client { get; }

    internal ConfigurationReloader Reloader { get; }

    internal GatewayServers Servers { get; }

    /// <summary>What the reloads and the gateway log.</summary>
    internal CapturedLog Log { get; }

    internal string Folder => _folder.FullName;

    internal string File => Path.Combine(Folder, "sluice.yaml");

    /// <summary>Starts a gateway.</summary>
    /// <param name="document">Its document, without <c>listen</c>.</param>
    /// <param name="time">The gateway's clock; null for the system's.</param>
    /// <param name="observer">Sees the decisions; or null.</param>
    /// <param name="prepare">Writes other files into the folder, before the document is read.</param>
    /// <param name="reloadTime">The clock of the pauses of a reload; null for the system's.</param>
    /// <param name="isFolder">Whether the gateway runs the folder, and not the one file.</param>
    internal static async Task<ReloadFixture> StartAsync(
        string document,
        TimeProvider? time = null,
        ICallObserver? observer = null,
        Action<string>? prepare = null,
        TimeProvider? reloadTime = null,
        bool isFolder = false)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-reload-");
        prepare?.Invoke(folder.FullName);
        string file = Path.Combine(folder.FullName, "sluice.yaml");
        if (document.Length > 0)
        {
            System.IO.File.WriteAllText(file, Text(document));
        }

        (GatewayFileResult result, WatchStart? start) = WatchedDocument.Open(isFolder ? folder.FullName : file);
        CapturedLog log = new();
        WebApplication application = GatewayApplication.Build(
            result.RequireConfiguration(),
            new InProcessStore(new InProcessStoreOptions { MaxKeys = 10_000 }, time ?? TimeProvider.System),
            time ?? TimeProvider.System,
            observer,
            ServingBounds.Default,
            certificates: null,
            LogSettings.Default);
        application.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        await application.StartAsync();
        ConfigurationReloader reloader = new(
            start!,
            application.Services.GetRequiredService<GatewayServers>(),
            reloadTime ?? TimeProvider.System,
            application.Services.GetRequiredService<ILogger<ConfigurationReloader>>());
        return new ReloadFixture(application, folder, reloader, log);
    }

    /// <summary>A whole document.</summary>
    internal static string Text(string document) => "listen: http://127.0.0.1:0\n" + document;

    /// <summary>Writes the document as an editor does: a new file takes the place of the old one.</summary>
    internal void Write(string document) => Replace(File, Text(document));

    internal static void Replace(string file, string text)
    {
        string temporary = file + ".new~";
        System.IO.File.WriteAllText(temporary, text);
        System.IO.File.Move(temporary, file, overwrite: true);
    }

    /// <summary>Writes a valid document and reloads it.</summary>
    internal async Task ChangeAsync(string document)
    {
        Write(document);
        await Reloader.LookAsync(CancellationToken.None);
        (Servers.LastReload?.Faults ?? []).ShouldBeEmpty();
    }

    internal async Task<(HttpStatusCode Status, string Body)> CallAsync(
        string path = "/mcp", string tool = "x", string? key = null, string? session = null, string id = "1")
    {
        using HttpRequestMessage request = GatewayFixture.Post(
            $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"{{{tool}}}"}}""", path);
        if (key is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        if (session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", session);
        }

        using HttpResponseMessage response = await Client.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>How many of some calls, one after another, are allowed.</summary>
    internal async Task<int> AllowedAsync(int calls, string path = "/mcp", string? key = null)
    {
        int allowed = 0;
        for (int i = 0; i < calls; i++)
        {
            allowed += (await CallAsync(path, key: key)).Body.Contains("\"result\"", StringComparison.Ordinal) ? 1 : 0;
        }

        return allowed;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Reloader.Dispose();
        await _application.StopAsync();
        await _application.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
