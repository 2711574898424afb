using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Sluice.Gateway;

/// <summary>Reads public keys: a JSON Web Key Set, or PEM.</summary>
internal static class KeyDocument
{
    /// <summary>The most keys of a set that are used.</summary>
    internal const int MaxKeys = 64;

    private const int MinRsaBits = 2_048;
    private const int MaxRsaBits = 16_384; // The most that the framework takes.
    private const string OtherCurve = "its curve is none of P-256, P-384 and P-521";
    private const string TooShort = "its RSA key is shorter than 2048 bits";

    /// <summary>The keys of a file, whatever its kind.</summary>
    /// <exception cref="FormatException">It holds none that can be used; the message is a clause that says why, and quotes
    /// nothing.</exception>
    internal static ImmutableArray<VerificationKey> ReadFile(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes).Trim();
        ImmutableArray<VerificationKey> keys = text.StartsWith('{') ? ReadSet(text) : ReadPem(text);
        return keys.IsEmpty ? throw new FormatException("it holds no key that verifies signatures") : keys;
    }

    /// <summary>The keys of a set that can be used here; the others are left out, as the format wants it.</summary>
    /// <remarks>Source: RFC 7517, section 5.</remarks>
    internal static ImmutableArray<VerificationKey> Read(JsonWebKeySet keys) =>
        [.. keys.Keys.Take(MaxKeys).Select(ReadKey).OfType<VerificationKey>()];

    private static ImmutableArray<VerificationKey> ReadSet(string json)
    {
        try
        {
            return Read(new JsonWebKeySet(json));
        }
        catch (ArgumentException exception)
        {
            throw new FormatException("it is not a JSON Web Key Set", exception);
        }
    }

    private static VerificationKey? ReadKey(JsonWebKey key)
    {
        bool isForSignatures = string.IsNullOrEmpty(key.Use) || key.Use == JsonWebKeyUseNames.Sig;
        if (!isForSignatures || !JsonWebKeyConverter.TryConvertToSecurityKey(key, out SecurityKey converted))
        {
            return null;
        }

        string? family = key.Kty switch
        {
            JsonWebAlgorithmsKeyTypes.RSA => converted.KeySize is >= MinRsaBits and <= MaxRsaBits ? VerificationKey.Rsa : null,
            JsonWebAlgorithmsKeyTypes.EllipticCurve => FamilyOf(key.Crv),
            _ => null,
        };
        return family is null ? null : new(converted, OrNull(key.Kid), OrNull(key.Alg), family);
    }

    private static string? OrNull(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static string? FamilyOf(string? curve) => curve switch
    {
        JsonWebKeyECTypes.P256 => "ES256",
        JsonWebKeyECTypes.P384 => "ES384",
        JsonWebKeyECTypes.P521 => "ES512",
        _ => null,
    };

    private static ImmutableArray<VerificationKey> ReadPem(string text)
    {
        if (!PemEncoding.TryFind(text, out PemFields fields))
        {
            throw new FormatException("it is neither PEM nor a JSON Web Key Set");
        }

        string label = text[fields.Label];
        if (label.Contains("PRIVATE", StringComparison.Ordinal))
        {
            throw new FormatException("it holds a private key, which only the issuer may have; name a file with the public key");
        }

        try
        {
            return label switch
            {
                "CERTIFICATE" => [OfCertificate(text)],
                "RSA PUBLIC KEY" or "PUBLIC KEY" => [OfPublicKey(text)],
                _ => throw new FormatException("it holds neither a public key nor a certificate"),
            };
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new FormatException("its key cannot be read", exception);
        }
    }

    private static VerificationKey OfCertificate(string pem)
    {
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(pem);
        return certificate.GetRSAPublicKey() is RSA rsa ? OfRsa(rsa, id: null, algorithm: null) ?? throw new FormatException(TooShort)
            : certificate.GetECDsaPublicKey() is ECDsa curve ? OfCurve(curve, id: null, algorithm: null)
            : throw new FormatException("its certificate is neither for RSA nor for an elliptic curve");
    }

    private static VerificationKey OfPublicKey(string pem)
    {
        const string RsaAlgorithm = "1.2.840.113549.1.1.1";
        bool isRsa = pem.Contains("RSA PUBLIC KEY", StringComparison.Ordinal)
            || PublicKey.CreateFromSubjectPublicKeyInfo(Base64Of(pem), out _).Oid.Value == RsaAlgorithm;
        if (!isRsa)
        {
            ECDsa curve = ECDsa.Create();
            curve.ImportFromPem(pem);
            return OfCurve(curve, id: null, algorithm: null);
        }

        RSA rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        return OfRsa(rsa, id: null, algorithm: null) ?? throw new FormatException(TooShort);
    }

    private static byte[] Base64Of(string pem) => Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);

    private static VerificationKey? OfRsa(RSA rsa, string? id, string? algorithm) => rsa.KeySize < MinRsaBits
        ? null
        : new(new RsaSecurityKey(rsa) { KeyId = id }, id, algorithm, VerificationKey.Rsa);

    private static VerificationKey OfCurve(ECDsa curve, string? id, string? algorithm) => new(
        new ECDsaSecurityKey(curve) { KeyId = id },
        id,
        algorithm,
        curve.ExportParameters(includePrivateParameters: false).Curve.Oid.Value switch
        {
            "1.2.840.10045.3.1.7" => "ES256",
            "1.3.132.0.34" => "ES384",
            "1.3.132.0.35" => "ES512",
            _ => throw new FormatException(OtherCurve), // Others are of the same size, and verify something else.
        });
}
