using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>The gateway's certificate: read from its files, and read again when they change.</summary>
/// <remarks>
/// <para>
/// Changes are found by the files' content, so that a swap of links counts as well as a write. A pair that is broken, or half
/// written, is logged once and not taken: the previous one stays in use. Connections that are open keep the certificate they began with.
/// </para>
/// <para>Thread safety: any thread may ask for the current one.</para>
/// </remarks>
internal sealed partial class Certificates : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly TlsConfiguration _files;
    private readonly ILogger<Certificates> _logger;
    private readonly ITimer _timer;
    private byte[] _seen;
    private volatile SslServerAuthenticationOptions _current;

    private Certificates(
        TlsConfiguration files, byte[] seen, X509Certificate2Collection chain, TimeProvider time, ILogger<Certificates> logger)
    {
        _files = files;
        _logger = logger;
        _seen = seen;
        _current = Options(chain);
        _timer = time.CreateTimer(static state => ((Certificates)state!).Look(), this, Interval, Interval);
    }

    /// <summary>What a new connection is made with.</summary>
    internal SslServerAuthenticationOptions Current => _current;

    /// <summary>Reads the files, and goes on watching them.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="CryptographicException">They are no certificate and its key.</exception>
    internal static Certificates Watch(TlsConfiguration files, TimeProvider time, ILogger<Certificates> logger)
    {
        (string certificate, string key, byte[] hash) = Read(files);
        return new Certificates(files, hash, Parse(certificate, key), time, logger);
    }

    public void Dispose() => _timer.Dispose();

    private static (string Certificate, string Key, byte[] Hash) Read(TlsConfiguration files)
    {
        (string certificate, string key) = files.Read?.Invoke() ?? (File.ReadAllText(files.Certificate), File.ReadAllText(files.Key));
        return (certificate, key, SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{certificate.Length} {certificate}{key}")));
    }

    /// <summary>The certificate with its key, and after it those that lead to its authority.</summary>
    private static X509Certificate2Collection Parse(string certificate, string key)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPem(certificate);
        if (chain.Count == 0)
        {
            throw new CryptographicException("There is no certificate in the file.");
        }

        chain[0].Dispose();
        try
        {
            chain[0] = X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (ArgumentException exception) // This exception means that the key and the certificate do not match.
        {
            throw new CryptographicException("The key is not the certificate's.", exception);
        }

        return chain;
    }

    private static SslServerAuthenticationOptions Options(X509Certificate2Collection chain) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(
            chain[0], [.. chain.Skip(1)], offline: true), // Starting must not depend on an authority that answers.
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        EnabledSslProtocols = System.Security.Authentication.SslProtocols.None, // The system's default protocol versions.
    };

    private void Look()
    {
        try
        {
            (string certificate, string key, byte[] hash) = Read(_files);
            if (hash.AsSpan().SequenceEqual(_seen))
            {
                return;
            }

            _seen = hash;
            _current = Options(Parse(certificate, key));
            Log.Changed(_logger, _current.ServerCertificateContext!.TargetCertificate.NotAfter.ToUniversalTime());
        }
        catch (CryptographicException exception)
        {
            Log.NotTaken(_logger, exception.Message); // Logged once, because the content that was read is remembered.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.NotRead(_logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "The certificate was changed; the new one is good until {Until:u}.")]
        internal static partial void Changed(ILogger logger, DateTime until);

        [LoggerMessage(
            2, LogLevel.Error,
            "The certificate's files were changed and are not a certificate and its key: {Reason} The previous certificate stays in use.")]
        internal static partial void NotTaken(ILogger logger, string reason);

        [LoggerMessage(3, LogLevel.Warning, "The certificate's files cannot be read: {Reason} The previous certificate stays in use.")]
        internal static partial void NotRead(ILogger logger, string reason);
    }
}
