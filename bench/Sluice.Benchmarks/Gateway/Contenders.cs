using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Benchmarks;

/// <summary>The programs that are compared, each in a process of its own, all in front of one server.</summary>
internal sealed class Contenders : IDisposable
{
    internal const string Key = "key-of-the-benchmark";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-bench-");
    private readonly List<IDisposable> _running = [];

    private static string Self => Path.Combine(AppContext.BaseDirectory, "Sluice.Benchmarks.dll");

    internal required Contender Server { get; init; }

    internal static async Task<Contenders> StartAsync()
    {
        Contender server = await Contender.StartAsync("server, direct", Self, TrivialServer.Word);
        Contenders contenders = new() { Server = server };
        contenders._running.Add(server);
        return contenders;
    }

    internal async Task<Contender> StartForwarderAsync() =>
        Keep(await Contender.StartAsync("bare forwarder", Self, BareForwarder.Word, Server.Endpoint.ToString()));

    /// <summary>A gateway with four limits, which let everything through.</summary>
    internal Task<Contender> StartGatewayAsync() => StartGatewayAsync("gateway, in memory", "{}", Open);

    /// <summary>The same over a Redis.</summary>
    internal Task<Contender> StartGatewayAsync(BenchedRedis redis)
    {
        Keep(redis);
        return StartGatewayAsync(
            "gateway, Redis", string.Create(CultureInfo.InvariantCulture, $"{{ redis: \"127.0.0.1:{redis.Port}\", timeout: 1s }}"), Open);
    }

    /// <summary>The same over a Redis, with buckets that are divided.</summary>
    internal Task<Contender> StartGatewayWithSharesAsync(BenchedRedis redis)
    {
        Keep(redis);
        return StartGatewayAsync(
            "gateway, shares", string.Create(CultureInfo.InvariantCulture, $"{{ redis: \"127.0.0.1:{redis.Port}\", timeout: 1s, shares: {{}} }}"), Open);
    }

    /// <summary>A gateway with limits, in YAML's flow style.</summary>
    internal Task<Contender> StartGatewayAsync(string name, string store, string rateLimiting) =>
        StartGatewayAsync(name, store == "{}" ? "" : $"store: {store}", [rateLimiting]);

    /// <summary>The same with further lines of the file, and with a server for each group of limits; calls go to the first.</summary>
    internal async Task<Contender> StartGatewayAsync(string name, string more, string[] rateLimiting)
    {
        IEnumerable<string> servers = rateLimiting.Select((limits, i) => string.Create(
            CultureInfo.InvariantCulture,
            $"  - {{ name: bench{i}, upstream: \"{Server.Endpoint}\", {(i == 0 ? "path: /mcp, " : "")}rateLimiting: {limits} }}"));
        string file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(
            file,
            $$"""
            listen: http://127.0.0.1:0
            auth: { apiKeys: [ { user: bench, sha256: {{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}} } ] }
            {{more}}
            streams: { perUser: 10000, total: 10000 }
            servers:
            {{string.Join('\n', servers)}}
            """);
        return Keep(await Contender.StartAsync(name, Path.Combine(AppContext.BaseDirectory, "Sluice.Gateway.dll"), "run", file));
    }

    /// <summary>nginx with one limit that lets everything through; null where there is no nginx.</summary>
    internal async Task<Contender?> StartNginxAsync()
    {
        const string Program = "nginx";
        string[] places = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin"];
        if (places.Select(place => Path.Combine(place, Program)).FirstOrDefault(File.Exists) is not string program)
        {
            return null;
        }

        int port = FreePort.Find();
        string file = Path.Combine(_folder.FullName, "nginx.conf");
        await File.WriteAllTextAsync(file, string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            daemon off;
            master_process off;
            pid {{_folder}}/nginx.pid;
            error_log {{_folder}}/nginx.log;
            events { worker_connections 4096; }
            http {
              access_log off;
              client_body_temp_path {{_folder}}/body;
              proxy_temp_path {{_folder}}/proxy;
              fastcgi_temp_path {{_folder}}/fastcgi;
              uwsgi_temp_path {{_folder}}/uwsgi;
              scgi_temp_path {{_folder}}/scgi;
              keepalive_requests 1000000000;
              limit_req_zone $http_x_api_key zone=users:10m rate=1000000r/s;
              upstream server { server {{Server.Endpoint.Authority}}; keepalive 64; keepalive_requests 1000000000; }
              server {
                listen 127.0.0.1:{{port}};
                location / {
                  limit_req zone=users burst=1000000 nodelay;
                  proxy_pass http://server;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                }
              }
            }
            """));
        return Keep(await Contender.StartAsync("nginx, limit_req", port, program, "-p", _folder.FullName, "-c", file, "-e", $"{_folder}/nginx.log"));
    }

    /// <summary>A file in the folder of this run.</summary>
    internal string PathOf(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose()
    {
        foreach (IDisposable program in Enumerable.Reverse(_running)) // What calls others ends before them.
        {
            program.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private const string Rate = "1000000/1s"; // No faster limit is divided among processes.

    /// <summary>Four limits, which let everything through.</summary>
    internal const string Open = $"{{ shared: {Rate}, perUser: {Rate}, tools: [ {{ name: call, shared: {Rate}, perUser: {Rate} }} ] }}";

    private T Keep<T>(T program)
        where T : IDisposable
    {
        _running.Add(program);
        return program;
    }
}
