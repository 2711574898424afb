using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sluice.Documents;

/// <summary>The environment variables of this process, and the files that it may read.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class ProcessValueSource : IValueSource
{
    /// <summary>The largest file whose content can be a value: 64 KiB.</summary>
    public const int MaxFileBytes = 64 * 1024;

    private ProcessValueSource()
    {
    }

    /// <summary>The one instance.</summary>
    public static ProcessValueSource Instance { get; } = new();

    /// <inheritdoc/>
    public string? FindVariable(string name) => Environment.GetEnvironmentVariable(name);

    /// <inheritdoc/>
    public bool TryReadFile(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? why)
    {
        text = null;
        if (!BoundedFile.TryRead(path, MaxFileBytes, out byte[]? bytes, out why))
        {
            return false;
        }

        if (bytes.Length > MaxFileBytes)
        {
            why = "is larger than 64 KiB";
            return false;
        }

        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)
                .GetString(bytes)
                .TrimEnd('\r', '\n');
            return true;
        }
        catch (DecoderFallbackException)
        {
            why = "is not UTF-8";
            return false;
        }
    }
}
