namespace Sluice.EndToEnd.Harness;

/// <summary>The gateway as a user runs it: the built program, with a file of its own.</summary>
internal sealed class SluiceProgram : IAsyncDisposable
{
    private const string Announcement = "listening on ";

    private readonly ChildProcess _process;
    private readonly TemporaryFolder _folder;

    private SluiceProgram(ChildProcess process, TemporaryFolder folder, Uri url)
    {
        _process = process;
        _folder = folder;
        Url = url;
    }

    /// <summary>The address that it serves on.</summary>
    public Uri Url { get; }

    /// <summary>Where the only server of its file answers.</summary>
    public Uri McpUrl => new(Url, "/mcp");

    public ChildProcess Process => _process;

    /// <summary>Runs <c>sluice run</c> on a file with this text, until it says that it is ready.</summary>
    public static async Task<SluiceProgram> StartAsync(string yaml)
    {
        TemporaryFolder folder = new();
        ChildProcess process = Start("run", folder.Write("sluice.yaml", yaml));
        try
        {
            string line = await process.WaitForOutputAsync(IsAnnouncement);
            return new SluiceProgram(process, folder, new Uri(line[Announcement.Length..]));
        }
        catch
        {
            await process.DisposeAsync();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Starts the program with any command line.</summary>
    public static ChildProcess Start(params string[] arguments) =>
        File.Exists(RepositoryFolder.Program)
            ? ChildProcess.Start("dotnet", [RepositoryFolder.Program, .. arguments])
            : throw new FileNotFoundException($"'{RepositoryFolder.Program}' is missing. Build src/Sluice.Gateway first.");

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private static bool IsAnnouncement(string line) => line.StartsWith(Announcement + "http", StringComparison.Ordinal);
}
