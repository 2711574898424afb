namespace Sluice.Documents;

/// <summary>A file of lines that is renamed when it is full.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record LogFileConfiguration
{
    /// <summary>The smallest <see cref="RotateBytes"/>: 1 KiB.</summary>
    public const long MinRotateBytes = 1_024;

    /// <summary>The largest <see cref="RotateBytes"/>: 1 TiB.</summary>
    public const long MaxRotateBytes = 1L << 40;

    /// <summary>The largest <see cref="Keep"/>.</summary>
    public const int MaxKeep = 1_000;

    /// <summary>The file's path. Full files lie beside it, with a number behind: <c>audit.jsonl.1</c> is the newest.</summary>
    public required string Path { get; init; }

    /// <summary>How large the file may become before it is renamed, in bytes.</summary>
    /// <value>From 1 KiB to 1 TiB. The default is 100 MiB.</value>
    public long RotateBytes { get; init; } = 100 << 20;

    /// <summary>How many full files are kept.</summary>
    /// <value>From 0, which empties the file when it is full, to 1,000. The default is 10.</value>
    public int Keep { get; init; } = 10;
}
