using System.Security.Cryptography;

namespace Sluice.Documents;

/// <summary>Hashes much content, with a <see cref="WorkPace.Step"/> after each part of it.</summary>
internal static class PacedHash
{
    private const int PartLength = 64 * 1024;

    /// <summary>The SHA-256 of some bytes.</summary>
    internal static byte[] Of(ReadOnlySpan<byte> content)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (; !content.IsEmpty; content = content[Math.Min(PartLength, content.Length)..])
        {
            hash.AppendData(content[..Math.Min(PartLength, content.Length)]);
            WorkPace.Step();
        }

        return hash.GetHashAndReset();
    }

    /// <summary>The SHA-256 of what a stream still holds.</summary>
    internal static byte[] Of(Stream content)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] part = DocumentText.ByteBuffers.Rent(PartLength);
        try
        {
            for (int read; (read = content.Read(part, 0, PartLength)) > 0; WorkPace.Step())
            {
                hash.AppendData(part.AsSpan(0, read));
            }
        }
        finally
        {
            DocumentText.ByteBuffers.Return(part);
        }

        return hash.GetHashAndReset();
    }
}
