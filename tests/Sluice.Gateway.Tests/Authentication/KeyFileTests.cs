using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sluice.Documents;

namespace Sluice.Gateway.Tests;

public sealed class KeyFileTests : IDisposable
{
    private static readonly TestKey Rsa = new("rsa", "RS256");
    private static readonly TestKey Curve = new("curve", "ES384");
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("RSA as PEM")]
    [InlineData("RSA as old PEM")]
    [InlineData("RSA certificate")]
    [InlineData("RSA as a set")]
    [InlineData("curve as PEM")]
    [InlineData("curve certificate")]
    [InlineData("curve as a set")]
    public async Task Key_OfEachKind_VerifiesTokensOfAnIssuerThatIsNoUrl(string kind)
    {
        TestKey key = kind[0] == 'R' ? Rsa : Curve;
        using System.Security.Cryptography.X509Certificates.X509Certificate2 certificate = key.CertificateRequest.CreateSelfSigned(MovableClock.Start, MovableClock.Start.AddYears(1));
        await File.WriteAllTextAsync(_path, kind.Split(' ', 2)[1] switch
        {
            "as PEM" => key.PublicPem,
            "as old PEM" => key.OldPublicPem,
            "certificate" => certificate.ExportCertificatePem(),
            _ => new JsonObject { ["keys"] = new JsonArray(key.PublicJson()) }.ToJsonString(),
        });
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(FakeUpstream.Json("{}"));
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(
            $$"""
            listen: http://127.0.0.1:0
            auth: { jwt: { issuer: internal, audience: mcp, key: {{_path}} } }
            servers:
              - { name: one, upstream: "{{upstream.Endpoint}}", rateLimiting: { perUser: 100/1d } }
            """,
            new MovableClock());
        JsonObject claims = new()
        {
            ["iss"] = "internal",
            ["aud"] = new JsonArray("other", "mcp"),
            ["sub"] = "alice",
            ["exp"] = OidcProvider.Seconds(TimeSpan.FromMinutes(1)),
        };

        (await gateway.SendAsync(TokenScene.CallWith(key.Sign(claims)))).Status.ShouldBe(HttpStatusCode.OK);
        string ofAnother = new TestKey(key.Id, kind[0] == 'R' ? "RS256" : "ES384").Sign(claims);
        (await gateway.SendAsync(TokenScene.CallWith(ofAnother))).Body.ShouldContain("the token's signature is wrong");
    }

    [Theory]
    [InlineData("private", "it holds a private key, which only the issuer may have")]
    [InlineData("short", "its RSA key is shorter than 2048 bits")]
    [InlineData("strange curve", "its curve is none of P-256, P-384 and P-521")]
    [InlineData("text", "it is neither PEM nor a JSON Web Key Set")]
    [InlineData("empty", "it is neither PEM nor a JSON Web Key Set")]
    [InlineData("label", "it holds neither a public key nor a certificate")]
    [InlineData("damaged", "its key cannot be read")]
    [InlineData("set of nothing", "it holds no key that verifies signatures")]
    [InlineData("set of secrets", "it holds no key that verifies signatures")]
    [InlineData("damaged set", "it is not a JSON Web Key Set")]
    [InlineData("large", "it is larger than 256 KiB")]
    [InlineData("missing", "it does not exist")]
    [InlineData("folder", "it is no file that this user may read")]
    public void FirstFault_OfAFileThatIsOfNoUse_SaysWhich(string kind, string why)
    {
        using RSA tooShort = RSA.Create(1_024);
        using ECDsa strange = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        File.WriteAllText(_path, kind switch
        {
            "private" => Rsa.PrivatePem,
            "short" => tooShort.ExportSubjectPublicKeyInfoPem(),
            "strange curve" => strange.ExportSubjectPublicKeyInfoPem(),
            "text" => "not a key",
            "label" => "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----",
            "damaged" => "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            "set of nothing" => "{\"keys\":[]}",
            "set of secrets" => "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}, 5, {\"kty\":\"RSA\"}, {\"kty\":\"EC\",\"crv\":\"P-256\"}]}",
            "damaged set" => "{\"keys\":",
            "large" => new string(' ', 300_000),
            _ => "",
        });
        string path = kind switch
        {
            "missing" => _path + ".missing",
            "folder" => Path.GetTempPath(),
            _ => _path,
        };
        AuthConfiguration auth = new()
        {
            JwtIssuers = [new JwtIssuer { Issuer = "internal", Audiences = ["mcp"], KeyFile = path }],
        };

        string fault = FileKeys.FirstFault(auth).ShouldNotBeNull();

        fault.ShouldStartWith($"auth.jwt.key: the key '{path}' cannot be used: {why}");
        fault.ShouldEndWith("Name a public key in PEM, or a JSON Web Key Set.");
    }
}
