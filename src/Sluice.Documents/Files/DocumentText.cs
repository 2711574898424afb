using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sluice.Documents;

/// <summary>What a file holds, in buffers that the next reading uses again.</summary>
/// <remarks>
/// <para>The text of a large document would be a large object, and large objects bring full garbage collections.</para>
/// <para>Thread safety: one thread. What was taken from it must not be used after <see cref="Dispose"/>.</para>
/// </remarks>
internal sealed class DocumentText : IDisposable
{
    /// <summary>
    /// Buffers for whole documents. The shared pool keeps them for a thread, and a reload reads on a thread that then ends.
    /// </summary>
    internal static readonly ArrayPool<byte> ByteBuffers = ArrayPool<byte>.Create(2 * GatewayFile.MaxBytes, maxArraysPerBucket: 2);
    private static readonly ArrayPool<char> CharBuffers = ArrayPool<char>.Create(GatewayFile.MaxBytes, maxArraysPerBucket: 2);

    private readonly byte[] _bytes;
    private readonly char[] _chars;
    private readonly int _byteCount;
    private readonly int _charCount;

    private DocumentText(byte[] bytes, int byteCount, char[] chars, int charCount)
    {
        _bytes = bytes;
        _byteCount = byteCount;
        _chars = chars;
        _charCount = charCount;
    }

    /// <summary>The bytes of the file.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _byteCount);

    /// <summary>Its text.</summary>
    internal ReadOnlyMemory<char> Text => _chars.AsMemory(0, _charCount);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file's path; the fault names it as it is given.</param>
    /// <param name="text">What it holds, or null.</param>
    /// <param name="fault">Null, or why it cannot be read.</param>
    internal static bool TryRead(string path, [NotNullWhen(true)] out DocumentText? text, [NotNullWhen(false)] out Fault? fault)
    {
        text = null;
        byte[] bytes = ByteBuffers.Rent(GatewayFile.MaxBytes + 1);
        bool isRead = BoundedFile.TryRead(path, bytes.AsSpan(0, GatewayFile.MaxBytes + 1), out int length, out string? why);
        WorkPace.Step();
        if (!isRead)
        {
            fault = new Fault(path, 0, 0, "", $"{why}. Name a file that this program may read.");
        }
        else if (DocumentFile.IsText(bytes.AsSpan(0, length), path, out fault))
        {
            char[] chars = CharBuffers.Rent(length); // UTF-16 never has more units than UTF-8 has bytes.
            text = new DocumentText(bytes, length, chars, Encoding.UTF8.GetChars(bytes.AsSpan(0, length), chars));
            WorkPace.Step();
            return true;
        }

        ByteBuffers.Return(bytes);
        return false;
    }

    /// <summary>A copy of the text.</summary>
    public override string ToString() => Text.ToString();

    /// <summary>Ends the use of the buffers.</summary>
    public void Dispose()
    {
        ByteBuffers.Return(_bytes);
        CharBuffers.Return(_chars);
    }
}
