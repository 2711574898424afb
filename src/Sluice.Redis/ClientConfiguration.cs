using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>What the pinned client is told, and what it cannot be told.</summary>
internal static class ClientConfiguration
{
    /// <summary>The client's own configuration.</summary>
    /// <exception cref="ArgumentException">It cannot be read, or needs a newer client.</exception>
    internal static ConfigurationOptions Of(RedisStoreOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Configuration))
        {
            throw new ArgumentException(
                "Configuration: it is empty. Say where Redis is, such as 'redis.internal:6379,ssl=true,password=…'.", nameof(options));
        }

        ThrowIfTooNew(options.Configuration);
        ConfigurationOptions parsed = Parse(options.Configuration);
        if (parsed.EndPoints.Count == 0)
        {
            throw new ArgumentException(
                "Configuration: it names no server. Begin it with one, such as 'redis.internal:6379'.", nameof(options));
        }

        parsed.AbortOnConnectFail = false; // Redis may come later.
        parsed.ClientName ??= "sluice";
        if (options.CertificateAuthority is string path)
        {
            Trust(parsed, path);
        }

        return parsed;
    }

    // The parser's own message repeats what it could not read, which may be a password.
    private static ConfigurationOptions Parse(string configuration)
    {
        try
        {
            return ConfigurationOptions.Parse(configuration);
        }
        catch (ArgumentException)
        {
            throw new ArgumentException(
                "Configuration: StackExchange.Redis cannot read it. It is servers, then options, with commas between: "
                + "'host:6379,ssl=true,password=…'.",
                nameof(configuration));
        }
    }

    private static void ThrowIfTooNew(string configuration)
    {
        foreach (string option in configuration.Split(','))
        {
            string name = option.Split('=', 2)[0].Trim();
            string? wanted = name.ToUpperInvariant() switch
            {
                "USER" => "user names (ACL) need StackExchange.Redis 2.1.0 or newer",
                "SERVICENAME" => "finding the primary through Sentinel needs StackExchange.Redis 2.1.0 or newer",
                _ => null,
            };
            if (wanted is not null && option.Contains('=', StringComparison.Ordinal))
            {
                throw new ArgumentException(
                    $"Configuration: '{name}' is not possible here: {wanted}, and Sluice was built with "
                    + $"{typeof(ConnectionMultiplexer).Assembly.GetName().Version?.ToString(3)}. Set the MSBuild property "
                    + "StackExchangeRedisVersion to such a version and build again.",
                    nameof(configuration));
            }
        }
    }

    private static void Trust(ConfigurationOptions options, string path)
    {
        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new ArgumentException(
                $"CertificateAuthority: '{path}' cannot be read as certificates in PEM: {fault.Message}", nameof(path), fault);
        }

        if (authorities.Count == 0)
        {
            throw new ArgumentException($"CertificateAuthority: '{path}' holds no certificate in PEM.", nameof(path));
        }

        options.CertificateValidation += (_, certificate, chain, errors) => IsTrusted(authorities, certificate, chain, errors);
    }

    private static bool IsTrusted(
        X509Certificate2Collection authorities, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (X509ChainElement element in presented?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return certificate is X509Certificate2 known
            ? chain.Build(known)
            : chain.Build(X509CertificateLoader.LoadCertificate(certificate.GetRawCertData()));
    }
}
