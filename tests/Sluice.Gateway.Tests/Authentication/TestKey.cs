using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>A key pair of an issuer, which signs tokens by hand so that they may be as wrong as a test wants them.</summary>
internal sealed class TestKey(string id, string algorithm)
{
    private readonly RSA? _rsa = algorithm[0] == 'E' ? null : RSA.Create(2_048);

    private readonly ECDsa? _curve = algorithm switch
    {
        "ES256" => ECDsa.Create(ECCurve.NamedCurves.nistP256),
        "ES384" => ECDsa.Create(ECCurve.NamedCurves.nistP384),
        "ES512" => ECDsa.Create(ECCurve.NamedCurves.nistP521),
        _ => null,
    };

    /// <summary>What most issuers of the tests sign by; one for all of them, since making such keys takes time.</summary>
    internal static TestKey Usual { get; } = new("one", "RS256");

    /// <summary>Another of the same name.</summary>
    internal static TestKey OfAStranger { get; } = new("one", "RS256");

    internal string Id => id;

    internal string PublicPem => _rsa?.ExportSubjectPublicKeyInfoPem() ?? _curve!.ExportSubjectPublicKeyInfoPem();

    internal string PrivatePem => _rsa?.ExportPkcs8PrivateKeyPem() ?? _curve!.ExportPkcs8PrivateKeyPem();

    internal string OldPublicPem => _rsa!.ExportRSAPublicKeyPem();

    internal CertificateRequest CertificateRequest => _rsa is null
        ? new("CN=issuer", _curve!, HashAlgorithmName.SHA256)
        : new("CN=issuer", _rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    /// <summary>The public key as an entry of a JSON Web Key Set.</summary>
    internal JsonObject PublicJson()
    {
        if (_rsa is not null)
        {
            RSAParameters numbers = _rsa.ExportParameters(includePrivateParameters: false);
            return new() { ["kty"] = "RSA", ["kid"] = id, ["n"] = Encode(numbers.Modulus!), ["e"] = Encode(numbers.Exponent!) };
        }

        ECPoint point = _curve!.ExportParameters(includePrivateParameters: false).Q;
        string name = algorithm switch { "ES256" => "P-256", "ES384" => "P-384", _ => "P-521" };
        return new() { ["kty"] = "EC", ["kid"] = id, ["crv"] = name, ["x"] = Encode(point.X!), ["y"] = Encode(point.Y!) };
    }

    internal JsonObject Header() => new() { ["alg"] = algorithm, ["typ"] = "JWT", ["kid"] = id };

    /// <summary>A token with the usual header.</summary>
    internal string Sign(JsonObject claims) => Sign(Header(), claims.ToJsonString());

    /// <summary>A token whose parts are what the test says.</summary>
    internal string Sign(JsonObject header, string claims)
    {
        string signed = $"{Encode(Encoding.UTF8.GetBytes(header.ToJsonString()))}.{Encode(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Encode(SignBytes(Encoding.ASCII.GetBytes(signed)))}";
    }

    internal static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private byte[] SignBytes(byte[] bytes)
    {
        HashAlgorithmName hash = algorithm[2..] switch
        {
            "256" => HashAlgorithmName.SHA256,
            "384" => HashAlgorithmName.SHA384,
            _ => HashAlgorithmName.SHA512,
        };
        return _curve?.SignData(bytes, hash)
            ?? _rsa!.SignData(bytes, hash, algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }
}
