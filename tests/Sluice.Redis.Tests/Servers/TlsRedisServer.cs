using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sluice.Redis.Tests;

/// <summary>A redis-server that speaks TLS only and asks for a password, under an authority that only this test trusts.</summary>
internal sealed class TlsRedisServer : IDisposable
{
    /// <summary>Its password.</summary>
    internal const string Password = "a-password-of-the-tests";

    private readonly DirectoryInfo _folder = ProcessGuard.NewFolder("sluice-tls-");
    private readonly RedisServer _server;

    private TlsRedisServer()
    {
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=Sluice tests", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest leaf = new("CN=localhost", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddDnsName("localhost");
        leaf.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate =
            leaf.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3, 4]);
        AuthorityPath = Write("ca.pem", authority.ExportCertificatePem());
        string certificatePath = Write("server.pem", certificate.ExportCertificatePem());
        string keyPath = Write("server.key", key.ExportPkcs8PrivateKeyPem());
        _server = RedisServer.Start(
            port => ["--port", "0", "--tls-port", port, "--tls-cert-file", certificatePath, "--tls-key-file", keyPath,
                "--tls-ca-cert-file", AuthorityPath, "--tls-auth-clients", "no", "--requirepass", Password],
            isPlain: false);
    }

    /// <summary>One for all tests that need one.</summary>
    internal static Lazy<TlsRedisServer> Shared { get; } = new(() => new TlsRedisServer());

    /// <summary>The authority's certificate.</summary>
    internal string AuthorityPath { get; }

    /// <summary>How StackExchange.Redis is told of it.</summary>
    internal string Configuration => $"localhost:{_server.Port},ssl=true,sslHost=localhost,password={Password}";

    public void Dispose()
    {
        _server.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
