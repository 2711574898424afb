using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Gateway.Tests;

/// <summary>An nginx in a folder of its own.</summary>
internal sealed class Nginx(Process process, DirectoryInfo folder) : IAsyncDisposable
{
    /// <summary>Starts nginx on a free port.</summary>
    /// <param name="http">Directives beside the server.</param>
    /// <param name="locations">Directives in the server.</param>
    internal static async Task<(IAsyncDisposable Proxy, Uri Address)> StartAsync(string http, string locations)
    {
        string program = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx"; // Debian's place is not on every PATH.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-nginx-");
        int port = FreePort.Next();
        string file = Path.Combine(folder.FullName, "nginx.conf");
        await File.WriteAllTextAsync(
            file,
            $$"""
            daemon off;
            master_process off;
            pid {{folder}}/nginx.pid;
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path {{folder}}/body;
              proxy_temp_path {{folder}}/proxy;
              fastcgi_temp_path {{folder}}/fastcgi;
              uwsgi_temp_path {{folder}}/uwsgi;
              scgi_temp_path {{folder}}/scgi;
              {{http}}
              server {
                listen 127.0.0.1:{{port}};
                {{locations}}
              }
            }
            """);
        Process process = Process.Start(new ProcessStartInfo(program, ["-p", folder.FullName, "-c", file, "-e", $"{folder}/error.log"]))
            ?? throw new InvalidOperationException("nginx did not start.");
        await UntilOpenAsync(port, process);
        return (new Nginx(process, folder), new Uri($"http://127.0.0.1:{port}"));
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        folder.Delete(recursive: true);
    }

    private static async Task UntilOpenAsync(int port, Process process)
    {
        while (true)
        {
            process.HasExited.ShouldBeFalse("nginx ended before it listened.");
            try
            {
                using TcpClient client = new();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20)); // Another process is waited for, by its own clock.
            }
        }
    }
}
