using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Documents;

/// <summary>Records which files a configuration was read from, and names what they hold.</summary>
/// <remarks>
/// The name does not depend on what <c>${…}</c> refers to: a hash of a short secret could be found by trying. Thread safety: one thread.
/// </remarks>
internal sealed class DocumentContent : IDisposable
{
    private const int VersionDigits = 16;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<string> _files = [];

    /// <summary>The files and folders that were read, or that should have been, each once.</summary>
    internal ImmutableArray<string> Files => [.. _files.Distinct(StringComparer.Ordinal)];

    /// <summary>The name of what was read so far.</summary>
    internal string Version => Convert.ToHexStringLower(_hash.GetCurrentHash())[..VersionDigits];

    /// <summary>Records a file or folder.</summary>
    internal void AddFile(string path) => _files.Add(path);

    /// <summary>Adds bytes to the content that is named.</summary>
    internal void Append(ReadOnlySpan<byte> content) => _hash.AppendData(PacedHash.Of(content));

    /// <summary>Adds a text to the content that is named.</summary>
    internal void Append(string text)
    {
        byte[] bytes = DocumentText.ByteBuffers.Rent(Encoding.UTF8.GetByteCount(text));
        Append(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)));
        DocumentText.ByteBuffers.Return(bytes);
    }

    /// <summary>Adds the bytes of a file to the content that is named, as they are read.</summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="read">Reads them; it may stop before the end.</param>
    internal void Append(Stream file, Action<Stream> read)
    {
        using SHA256 hash = SHA256.Create();
        using CryptoStream hashed = new(file, hash, CryptoStreamMode.Read, leaveOpen: true);
        read(hashed);
        if (hashed.HasFlushedFinalBlock)
        {
            _hash.AppendData(hash.Hash!);
        }
    }

    /// <summary>The same values; the files among them are recorded.</summary>
    internal IValueSource Record(IValueSource values) => new RecordedValues(values, this);

    public void Dispose() => _hash.Dispose();

    private sealed class RecordedValues(IValueSource values, DocumentContent content) : IValueSource
    {
        public string? FindVariable(string name) => values.FindVariable(name);

        public bool TryReadFile(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? why)
        {
            content.AddFile(path);
            return values.TryReadFile(path, out text, out why);
        }
    }
}
