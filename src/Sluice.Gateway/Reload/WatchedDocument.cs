using System.Collections.Immutable;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>A gateway's document, with all files that it names.</summary>
/// <remarks>Thread safety: one thread at a time.</remarks>
/// <param name="path">The file of the document, or a folder of documents.</param>
/// <param name="options">What the command line adds to it.</param>
internal sealed class WatchedDocument(string path, ReadingOptions options)
{
    private const int MaxReads = 5;
    private readonly FileContents _contents = new();
    private readonly KnownServers _known = new();

    /// <summary>The files and folders that the last reading depended on.</summary>
    internal ImmutableArray<string> Files { get; private set; } = [path];

    /// <summary>The file of the document, or the folder of the documents.</summary>
    internal string Path => path;

    // A pipe cannot be, has no length, and must not be opened to find out: that takes what it holds.
    private bool CanBeReadAgain
    {
        get
        {
            try
            {
                return Directory.Exists(path) || new FileInfo(path).Length > 0;
            }
            catch (Exception exception) when (BoundedFile.IsUnreadable(exception))
            {
                return false; // Reading it says what is wrong.
            }
        }
    }

    /// <summary>Reads the document for the start of a gateway.</summary>
    /// <returns>The document, and what a watch begins with; null where the file can be read once only.</returns>
    internal static (GatewayFileResult Result, WatchStart? Start) Open(string path) => Open(path, ReadingOptions.ToRead with { IsToRun = true });

    /// <summary>Reads the document for the start of a gateway.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="options">What the command line adds to it.</param>
    /// <returns>The document, and what a watch begins with; null where the file can be read once only.</returns>
    internal static (GatewayFileResult Result, WatchStart? Start) Open(string path, ReadingOptions options)
    {
        WatchedDocument document = new(path, options);
        if (!document.CanBeReadAgain)
        {
            return (document.Load(), null);
        }

        (GatewayFileResult result, string hash) = document.Read();
        return (result, new WatchStart(document, hash));
    }

    private GatewayFileResult Load() => GatewayFile.Load(path, ProcessValueSource.Instance, options, _known);

    /// <summary>The hash of what the files hold now.</summary>
    internal string Look() => _contents.HashOf(Files);

    /// <summary>Reads the document, and again when a file has changed while it was read.</summary>
    /// <returns>The document, and the hash of exactly what it was read from.</returns>
    internal (GatewayFileResult Result, string Hash) Read()
    {
        for (int reads = 1; ; reads++)
        {
            string before = Look();
            GatewayFileResult result = Load();
            Files = result.Files;
            string after = Look();
            if (before == after || reads == MaxReads)
            {
                return (result, after);
            }
        }
    }
}

/// <summary>With what a watch begins.</summary>
/// <param name="Document">The document.</param>
/// <param name="Hash">The hash of the content that the gateway was started with.</param>
internal sealed record WatchStart(WatchedDocument Document, string Hash);
