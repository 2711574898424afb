using System.Security.Cryptography;
using System.Text;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Tells whether files have changed, by a hash of what they hold.</summary>
/// <remarks>
/// <para>
/// So a link that leads to another file counts as a change, and a file that is written again with the same text does not. Of a file above
/// 1 MiB the hash is kept while its length and its time of writing stay, for at most <see cref="MaxReuse"/> looks.
/// </para>
/// <para>Thread safety: one thread at a time.</para>
/// </remarks>
internal sealed class FileContents
{
    private const int MaxReuse = 30;
    private readonly Dictionary<string, Known> _large = new(StringComparer.Ordinal);

    /// <summary>A hash of everything that some files and folders hold. A file that cannot be read counts as such.</summary>
    internal string HashOf(IEnumerable<string> paths)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in paths.Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(path + '\0'));
            hash.AppendData(ContentOf(path));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private byte[] ContentOf(string path)
    {
        try
        {
            return Directory.Exists(path) ? NamesIn(path) : HashOfFile(path);
        }
        catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
        {
            return Encoding.UTF8.GetBytes(exception.GetType().Name);
        }
    }

    private static byte[] NamesIn(string folder) => SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Join('\0', Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal))));

    private byte[] HashOfFile(string path)
    {
        using FileStream file = File.OpenRead(path);
        if (!file.CanSeek || file.Length <= GatewayFile.MaxBytes)
        {
            return PacedHash.Of(file);
        }

        (long, DateTime) state = (file.Length, File.GetLastWriteTimeUtc(file.SafeFileHandle));
        if (_large.TryGetValue(path, out Known? known) && known.State == state && known.Uses < MaxReuse)
        {
            known.Uses++;
            return known.Hash;
        }

        byte[] hash = PacedHash.Of(file);
        _large[path] = new Known(state, hash);
        return hash;
    }

    private sealed record Known((long Length, DateTime Written) State, byte[] Hash)
    {
        internal int Uses { get; set; }
    }
}
