using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sluice.Documents;

/// <summary>Reads the bytes of a file into a result, for each kind of document.</summary>
internal static class DocumentFile
{
    /// <summary>The message about a byte that is not UTF-8.</summary>
    internal const string NotUtf8 = "is not UTF-8: here is a byte that is part of no character. Save the file as UTF-8.";

    private const string TooLarge = "is larger than 1 MiB. Use globs, or several gateways.";
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file's path; faults name it as it is given.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <param name="read">Reads the root; what it returns counts only when it adds no fault.</param>
    internal static (T? Value, ImmutableArray<Fault> Faults) Load<T>(string path, IValueSource values, Func<Node, FaultList, T?> read)
        where T : class => TryReadText(path, out string? text, out Fault? fault) ? Parse(text, path, values, read) : (null, [fault]);

    /// <summary>Reads the text of a file.</summary>
    /// <param name="path">The file's path; faults name it as it is given.</param>
    /// <param name="text">The text, or null.</param>
    /// <param name="fault">Null, or why it cannot be read.</param>
    internal static bool TryReadText(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out Fault? fault)
    {
        text = null;
        if (!DocumentText.TryRead(path, out DocumentText? read, out fault))
        {
            return false;
        }

        using (read)
        {
            text = read.ToString();
            return true;
        }
    }

    /// <summary>Reads the bytes of a document.</summary>
    /// <param name="bytes">The bytes; one more than <see cref="GatewayFile.MaxBytes"/> are too many.</param>
    /// <param name="name">What faults call the document.</param>
    /// <param name="text">The text, or null.</param>
    /// <param name="fault">Null, or why the bytes are not a document.</param>
    internal static bool TryDecode(
        ReadOnlySpan<byte> bytes, string name, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out Fault? fault)
    {
        bool isText = IsText(bytes, name, out fault);
        text = isText ? Utf8.GetString(bytes) : null;
        return isText;
    }

    /// <summary>Whether bytes are the text of a document.</summary>
    /// <param name="bytes">The bytes; one more than <see cref="GatewayFile.MaxBytes"/> are too many.</param>
    /// <param name="name">What faults call the document.</param>
    /// <param name="fault">Null, or why the bytes are not a document.</param>
    internal static bool IsText(ReadOnlySpan<byte> bytes, string name, [NotNullWhen(false)] out Fault? fault)
    {
        if (bytes.Length > GatewayFile.MaxBytes)
        {
            fault = new Fault(name, 0, 0, "", TooLarge);
            return false;
        }

        try
        {
            Utf8.GetCharCount(bytes);
            fault = null;
            return true;
        }
        catch (DecoderFallbackException exception)
        {
            (int line, int column) = PositionOf(bytes, Math.Max(0, exception.Index));
            fault = new Fault(name, line, column, "", NotUtf8);
            return false;
        }
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text of a file.</param>
    /// <param name="fileName">What faults call it.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <param name="read">Reads the root; what it returns counts only when it adds no fault.</param>
    internal static (T? Value, ImmutableArray<Fault> Faults) Parse<T>(
        string text, string fileName, IValueSource values, Func<Node, FaultList, T?> read)
        where T : class
    {
        if (!HasAllowedSize(text))
        {
            return (null, [new Fault(fileName, 0, 0, "", TooLarge)]);
        }

        FaultList faults = new(fileName);
        Node? root = DocumentReader.Read(WithoutByteOrderMark(text), values, faults);
        T? value = root is null ? null : read(root, faults);
        return (faults.Count == 0 ? value : null, faults.ToImmutable());
    }

    /// <summary>Whether a text is not too large.</summary>
    internal static bool HasAllowedSize(ReadOnlySpan<char> text) => Encoding.UTF8.GetByteCount(text) <= GatewayFile.MaxBytes;

    /// <summary>A text without the byte order mark that some editors put in front.</summary>
    internal static string WithoutByteOrderMark(string text) => text.StartsWith('\uFEFF') ? text[1..] : text;

    /// <summary>A text without the byte order mark that some editors put in front.</summary>
    internal static ReadOnlyMemory<char> WithoutByteOrderMark(ReadOnlyMemory<char> text) => text.Span is ['\uFEFF', ..] ? text[1..] : text;

    private static (int Line, int Column) PositionOf(ReadOnlySpan<byte> bytes, int index)
    {
        ReadOnlySpan<byte> before = bytes[..index];
        int line = before.Count((byte)'\n') + 1;
        return (line, Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1);
    }
}
