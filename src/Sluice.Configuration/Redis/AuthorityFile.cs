using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sluice.Configuration;

/// <summary>A PEM file of authorities.</summary>
internal static class AuthorityFile
{
    /// <summary>The message about authorities for a connection without TLS.</summary>
    internal const string WithoutTls =
        "is for TLS, and the address says that there is none. Write rediss:// or ssl=true, or remove this field.";

    /// <summary>Its certificates; or null, and why there are none.</summary>
    internal static X509Certificate2Collection? Read(string path, out string? why)
    {
        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPemFile(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or CryptographicException)
        {
            why = $"{Shown.Quote(path)} cannot be read as certificates in PEM: {fault.Message}";
            return null;
        }

        why = authorities.Count == 0 ? $"{Shown.Quote(path)} holds no certificate in PEM." : null;
        return why is null ? authorities : null;
    }
}
