using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Documents;

namespace Sluice.Gateway.Tests;

/// <summary>TLS with a certificate that changes, and HTTP/2 for those who ask for it.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-tls-");
    private readonly ManualTimeProvider _time = new();

    private TlsConfiguration Files => new()
    {
        Certificate = Path.Combine(_folder.FullName, "tls.crt"),
        Key = Path.Combine(_folder.FullName, "tls.key"),
    };

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Call_OverTls_PassesInEitherVersionOfHttp(string version)
    {
        string thumbprint = Write("first");
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        using Certificates certificates = Watch();
        await using GatewayFixture gateway = await StartAsync(upstream, certificates);
        using SocketsHttpHandler handler = new()
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    ((X509Certificate2)certificate!).Thumbprint == thumbprint,
            },
        };
        using HttpClient client = new(handler) { BaseAddress = gateway.Address };
        using HttpRequestMessage request = GatewayFixture.Post("""{"jsonrpc":"2.0","id":1,"method":"ping"}""");
        request.Version = Version.Parse(version);
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        using HttpResponseMessage response = await client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Version.ShouldBe(Version.Parse(version));
        (await response.Content.ReadAsStringAsync()).ShouldBe("{}");
        upstream.Received.Single().Headers.Connection.ShouldBeEmpty();
    }

    [Fact]
    public async Task Files_Changed_AreTakenByTheNextConnection()
    {
        string first = Write("first");
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        using Certificates certificates = Watch();
        await using GatewayFixture gateway = await StartAsync(upstream, certificates);
        (await CertificateOfAsync(gateway)).ShouldBe(first);

        string second = Write("second");
        (await CertificateOfAsync(gateway)).ShouldBe(first);
        _time.Advance(Interval);

        (await CertificateOfAsync(gateway)).ShouldBe(second);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Files_BrokenOrAway_LeaveTheOneBefore(bool isAway)
    {
        string first = Write("first");
        using Certificates certificates = Watch();
        if (isAway)
        {
            File.Delete(Files.Key);
        }
        else
        {
            File.WriteAllText(Files.Key, "half of a");
        }

        _time.Advance(Interval);
        ThumbprintOf(certificates).ShouldBe(first);

        string second = Write("second");
        _time.Advance(Interval);
        ThumbprintOf(certificates).ShouldBe(second);
    }

    [Fact]
    public void Files_KeyOfAnotherCertificate_LeavesTheOneBefore()
    {
        string first = Write("first");
        using Certificates certificates = Watch();
        string certificate = File.ReadAllText(Files.Certificate);
        Write("second");
        File.WriteAllText(Files.Certificate, certificate);

        _time.Advance(Interval);

        ThumbprintOf(certificates).ShouldBe(first);
    }

    [Fact]
    public void Watch_FilesThatAreNoPair_Throws()
    {
        Write("first");
        File.WriteAllText(Files.Certificate, "no certificate");

        Should.Throw<CryptographicException>(() => Watch());
    }

    private Certificates Watch() => Certificates.Watch(Files, _time, NullLogger<Certificates>.Instance);

    private static Task<GatewayFixture> StartAsync(FakeUpstream upstream, Certificates certificates) => GatewayFixture.StartAsync(
        $$"""
        listen: https://127.0.0.1:0
        tls: { certificate: /tls.crt, key: /tls.key }
        servers:
          - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: { shared: 100/1d } }
        """,
        TimeProvider.System,
        ServingBounds.Default,
        certificates);

    private string Write(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(
            DateTimeOffset.UnixEpoch, new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
        File.WriteAllText(Files.Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(Files.Key, key.ExportPkcs8PrivateKeyPem());
        return certificate.Thumbprint;
    }

    private static string ThumbprintOf(Certificates certificates) =>
        certificates.Current.ServerCertificateContext!.TargetCertificate.Thumbprint;

    private static async Task<string> CertificateOfAsync(GatewayFixture gateway)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        using SslStream stream = new(
            client.GetStream(),
            leaveInnerStreamOpen: false,
            (_, certificate, _, _) => certificate!.Subject is "CN=first" or "CN=second");
        await stream.AuthenticateAsClientAsync("localhost");
        return ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }
}
