using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Sluice.Configuration;
using StackExchange.Redis;

namespace Sluice.Redis;

/// <summary>The client's configuration, made of the store's options.</summary>
internal static class ClientConfiguration
{
    private const int MillisecondsToConnect = 2_000;
    private const int MillisecondsBetweenAttempts = 500;

    // Calls have a timeout of their own. The client's is by the clock alone, so an answer that has arrived loses against it on a machine
    // that is short of CPU. It is not longer, because the client replaces a connection that has been silent for four of these, and that
    // must be done before the last heartbeat of this process has expired.
    private static readonly TimeSpan LeastSilence = TimeSpan.FromMilliseconds(1_500);

    /// <summary>The client's own configuration.</summary>
    /// <exception cref="ArgumentException">The options say nothing that can be used; it names the option, and no secret.</exception>
    internal static ConfigurationOptions Of(RedisStoreOptions options)
    {
        RedisAddress address = RedisAddressRules.Require(options);
        ConfigurationOptions client = ConfigurationOptions.Parse(address.Text);
        client.User = address.User;
        client.Password = address.Password;
        client.DefaultDatabase = address.Database;
        client.Ssl = address.IsEncrypted || options.CertificateAuthority is not null;
        client.AbortOnConnectFail = false; // Redis may start later.
        client.BacklogPolicy = BacklogPolicy.FailFast; // Else calls would run after their callers had timed out.
        client.IncludeDetailInExceptions = false;
        client.ClientName ??= "sluice";
        client.AsyncTimeout = (int)(options.Timeout > LeastSilence ? options.Timeout : LeastSilence).TotalMilliseconds;
        client.ReconnectRetryPolicy = new LinearRetry(MillisecondsBetweenAttempts);
        if (!address.Has("connectTimeout"))
        {
            client.ConnectTimeout = MillisecondsToConnect;
        }

        if (!address.Has("tiebreaker"))
        {
            client.TieBreaker = ""; // It would need a right to a further key.
        }

        if (!address.Has("configChannel"))
        {
            client.ConfigurationChannel = "";
        }

        if (options.CertificateAuthority is string path)
        {
            X509Certificate2Collection authorities = AuthorityFile.Read(path, out _)!;
            client.CertificateValidation += (_, certificate, chain, errors) => IsTrusted(authorities, certificate, chain, errors);
        }

        return client;
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
