using System.Globalization;
using System.IO.Compression;

namespace Sluice.EndToEnd;

/// <summary>A release of this checkout: packages, the archive for Linux on x64, and the image. It is built once for all tests of it.</summary>
public sealed class BuiltRelease : IAsyncLifetime
{
    internal const string Collection = "The release";

    /// <summary>A version that nobody has.</summary>
    internal const string Version = "0.0.1-test.1";

    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(20); // It compiles everything, on a machine that does much else.
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-release-");

    internal static string Script => Path.Combine(Repository.Root, "eng", "release.sh");

    /// <summary>The folder that <c>eng/release.sh</c> wrote.</summary>
    internal string Output => Path.Combine(_folder.FullName, "output");

    /// <summary>What <c>eng/release.sh</c> printed.</summary>
    internal string Printed { get; private set; } = "";

    /// <summary>The unpacked archive for Linux on x64.</summary>
    internal string Archive => Path.Combine(_folder.FullName, "archive", $"sluice-{Version}-linux-x64");

    /// <summary>Makes a new folder, which ends with the tests.</summary>
    internal string NewFolder(string name) => _folder.CreateSubdirectory($"{name}-{Guid.NewGuid():N}").FullName;

    /// <summary>The bytes of a file in a package.</summary>
    internal static byte[] InPackage(string package, string file)
    {
        using ZipArchive archive = ZipFile.OpenRead(package);
        using Stream content = (archive.GetEntry(file) ?? throw new InvalidOperationException($"{package} has no {file}.")).Open();
        using MemoryStream copy = new();
        content.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>The package of a library or of the tool.</summary>
    internal string Package(string id) => Path.Combine(Output, string.Create(CultureInfo.InvariantCulture, $"{id}.{Version}.nupkg"));

    /// <summary>Runs a program to its end, and expects that it succeeds.</summary>
    internal static async Task<ProgramResult> SucceedAsync(
        string program, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> arguments)
    {
        await using ChildProcess child = ChildProcess.Start(program, environment, arguments);
        ProgramResult result = await child.WaitForExitAsync(Patience);
        result.ExitCode.ShouldBe(0, result.ToString());
        return result;
    }

    internal static Task<ProgramResult> SucceedAsync(string program, params IEnumerable<string> arguments) =>
        SucceedAsync(program, new Dictionary<string, string>(), arguments);

    public async Task InitializeAsync()
    {
        Printed = (await SucceedAsync(Script, "--version", Version, "--rid", "linux-x64", Output)).Output;
        string parent = Path.GetDirectoryName(Archive)!;
        Directory.CreateDirectory(parent);
        await SucceedAsync("tar", "--extract", "--file", Path.Combine(Output, $"{Path.GetFileName(Archive)}.tar.gz"), "-C", parent);
    }

    public Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }
}
