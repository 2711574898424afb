using System.Collections.Immutable;
using System.Security.Cryptography;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>The keys of an issuer, from a file.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class FileKeys : IKeySource
{
    private const int MaxBytes = 256 * 1024;
    private readonly ImmutableArray<VerificationKey> _keys;

    private readonly byte[] _hash;

    private FileKeys(byte[] file)
    {
        _keys = KeyDocument.ReadFile(file);
        _hash = SHA256.HashData(file);
    }

    /// <summary>Reads the keys.</summary>
    /// <exception cref="FormatException">They cannot be had; the message says which file, why, and what to do.</exception>
    internal static FileKeys Read(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            byte[] bytes = new byte[MaxBytes + 1];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return length > MaxBytes
                ? throw new FormatException("it is larger than 256 KiB")
                : new FileKeys(bytes[..length]);
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            string why = exception switch
            {
                FormatException => exception.Message,
                FileNotFoundException or DirectoryNotFoundException => "it does not exist",
                UnauthorizedAccessException => "it is no file that this user may read",
                _ => "it cannot be read",
            };
            throw new FormatException(
                $"the key '{path}' cannot be used: {why}. Name a public key in PEM, or a JSON Web Key Set.", exception);
        }
    }

    /// <summary>Whether they are of a file with the same content.</summary>
    internal bool HasContentOf(FileKeys other) => _hash.AsSpan().SequenceEqual(other._hash);

    /// <summary>Null, or what is wrong with the first key file of a configuration that cannot be used.</summary>
    internal static string? FirstFault(AuthConfiguration auth)
    {
        foreach (JwtIssuer issuer in auth.JwtIssuers.Where(issuer => issuer.KeyFile is not null))
        {
            try
            {
                Read(issuer.KeyFile!);
            }
            catch (FormatException exception)
            {
                return $"auth.jwt.key: {exception.Message}";
            }
        }

        return null;
    }

    public ValueTask<KeyAnswer> FindAsync(string? id, string algorithm, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new KeyAnswer([.. _keys.Where(key => key.CanVerify(id, algorithm))], Generation: 0, RetryAfter: null));
}
