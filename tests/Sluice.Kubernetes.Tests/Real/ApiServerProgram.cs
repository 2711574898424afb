using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace Sluice.Kubernetes.Tests.Real;

/// <summary>The API server that <c>eng/api-server.sh</c> builds, with its etcd, on ports of its own.</summary>
internal sealed class ApiServerProgram : IAsyncDisposable
{
    /// <summary>The bearer token that it accepts.</summary>
    internal const string Token = "token-of-the-tests";

    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-api-server-");
    private readonly string _programs;
    private readonly int _etcdPort = FreePort.Next();
    private readonly int _peerPort = FreePort.Next();
    private Process? _etcd;
    private Process? _server;

    private ApiServerProgram(string programs)
    {
        _programs = programs;
        Client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => IsOwn(certificate) },
        })
        {
            BaseAddress = Address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Token) },
        };
    }

    /// <summary>Where it listens.</summary>
    internal Uri Address { get; } = new($"https://127.0.0.1:{FreePort.Next()}");

    /// <summary>A client with its token.</summary>
    internal HttpClient Client { get; }

    /// <summary>The file of its certificate.</summary>
    internal string Certificate => Path.Combine(_folder.FullName, "certificates", "apiserver.crt");

    /// <summary>Where the programs are; or null, and why they are nowhere.</summary>
    internal static string? Find(out string why)
    {
        string folder = Environment.GetEnvironmentVariable("SLUICE_API_SERVER")
            ?? Path.Combine(
                Environment.GetEnvironmentVariable("XDG_CACHE_HOME") ?? Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", ".cache"),
                "sluice",
                "api-server");
        bool isThere = File.Exists(Path.Combine(folder, "crdapi")) && File.Exists(Path.Combine(folder, "etcd"));
        why = isThere ? "" : $"There is no API server in {folder}. eng/api-server.sh builds one.";
        return isThere ? folder : null;
    }

    /// <summary>Starts it.</summary>
    internal static async Task<ApiServerProgram> StartAsync(string programs)
    {
        ApiServerProgram server = new(programs);
        try
        {
            server._etcd = server.Run(
                "etcd",
                "--data-dir", Path.Combine(server._folder.FullName, "etcd"),
                "--listen-client-urls", server.EtcdAddress,
                "--advertise-client-urls", server.EtcdAddress,
                "--listen-peer-urls", server.PeerAddress,
                "--initial-advertise-peer-urls", server.PeerAddress,
                "--initial-cluster", $"default={server.PeerAddress}",
                "--log-level", "error");
            await server.StartServerAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server again, on the same address and with the same objects.</summary>
    internal async Task StartServerAsync()
    {
        _server = Run(
            "crdapi",
            "--etcd-servers", EtcdAddress,
            "--bind-address", "127.0.0.1",
            "--secure-port", $"{Address.Port}",
            "--cert-dir", Path.Combine(_folder.FullName, "certificates"),
            "--token", Token);
        await UntilAsync(async () => await StatusOfAsync("/readyz") == HttpStatusCode.OK, "ready");
    }

    /// <summary>Kills the server; its objects stay.</summary>
    internal async Task KillServerAsync()
    {
        await StopAsync(_server);
        _server = null;
    }

    /// <summary>Removes the history of all objects: a watch of an earlier version gets 410 from a server that is started afterwards.</summary>
    internal async Task CompactAsync()
    {
        using HttpClient client = new();
        using HttpResponseMessage range = await client.PostAsync(new Uri($"{EtcdAddress}/v3/kv/range"), new StringContent("""{"key":"AA=="}"""));
        string revision = (string)System.Text.Json.Nodes.JsonNode.Parse(await range.Content.ReadAsStringAsync())!["header"]!["revision"]!;
        using HttpResponseMessage compacted = await client.PostAsync(
            new Uri($"{EtcdAddress}/v3/kv/compaction"), new StringContent($$"""{"revision":"{{revision}}","physical":true}"""));
        compacted.EnsureSuccessStatusCode();
    }

    /// <summary>Waits for a condition that no event tells.</summary>
    internal async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using CancellationTokenSource late = new(StartTime, TimeProvider.System);
        while (!await condition())
        {
            if (_server?.HasExited == true || _etcd?.HasExited == true || late.IsCancellationRequested)
            {
                throw new InvalidOperationException($"The API server is not {what}. Its log: {LogOf("crdapi")}{LogOf("etcd")}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(_server);
        await StopAsync(_etcd);
        Client.Dispose();
        _folder.Delete(recursive: true);
    }

    // It is made at the first start, and signed by itself.
    private bool IsOwn(X509Certificate? certificate)
    {
        X509Certificate2Collection own = [];
        own.ImportFromPemFile(Certificate);
        return certificate is not null && own[0].RawData.AsSpan().SequenceEqual(certificate.GetRawCertData());
    }

    private string EtcdAddress => $"http://127.0.0.1:{_etcdPort}";

    private string PeerAddress => $"http://127.0.0.1:{_peerPort}";

    private async Task<HttpStatusCode?> StatusOfAsync(string path)
    {
        try
        {
            using HttpResponseMessage response = await Client.GetAsync(new Uri(path, UriKind.Relative));
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null; // It does not listen yet.
        }
    }

    private Process Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new("/bin/sh") { WorkingDirectory = _folder.FullName };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("""log=$1; shift; exec "$@" >"$log" 2>&1 </dev/null""");
        foreach (string argument in (string[])["sh", Path.Combine(_folder.FullName, program + ".log"), Path.Combine(_programs, program), .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private string LogOf(string program)
    {
        string path = Path.Combine(_folder.FullName, program + ".log");
        return File.Exists(path) ? string.Join('\n', File.ReadAllLines(path).TakeLast(5)) : "";
    }

    private static async Task StopAsync(Process? process)
    {
        if (process is not null)
        {
            if (!process.HasExited)
            {
                process.Kill();
            }

            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
