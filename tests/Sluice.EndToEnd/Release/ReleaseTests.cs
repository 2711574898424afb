using System.IO.Compression;
using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>The folder of a release as a whole.</summary>
[Nightly]
[Collection(BuiltRelease.Collection)]
public sealed class ReleaseTests(BuiltRelease release)
{
    [Fact]
    public async Task Checksums_AreThoseOfEveryFile()
    {
        await BuiltRelease.SucceedAsync("env", "-C", release.Output, "sha256sum", "--check", "--strict", "SHA256SUMS");

        File.ReadLines(Path.Combine(release.Output, "SHA256SUMS")).Select(line => line[66..]).ShouldBe(
            Directory.GetFiles(release.Output, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(release.Output, file))
                .Where(file => file != "SHA256SUMS"),
            ignoreOrder: true);
    }

    [Fact]
    public void Sbom_NamesWhatTheProgramContainsAndNothingElse()
    {
        using JsonDocument sbom = JsonDocument.Parse(File.ReadAllText(Path.Combine(release.Output, $"sluice-{BuiltRelease.Version}.cdx.json")));
        string[] components = [.. sbom.RootElement.GetProperty("components").EnumerateArray().Select(component => component.GetProperty("name").GetString()!)];
        using ZipArchive tool = ZipFile.OpenRead(release.Package("Sluice.Tool"));
        string[] assemblies =
        [
            .. tool.Entries.Where(entry => entry.Name.EndsWith(".dll", StringComparison.Ordinal))
                .Select(entry => Path.GetFileNameWithoutExtension(entry.Name))
                .Where(name => name.Split('.')[0] != "Sluice"),
        ];

        sbom.RootElement.GetProperty("bomFormat").GetString().ShouldBe("CycloneDX");
        sbom.RootElement.GetProperty("metadata").GetProperty("component").GetProperty("version").GetString().ShouldBe(BuiltRelease.Version);
        components.ShouldBe([.. assemblies, "Microsoft.AspNetCore.App.Runtime", "Microsoft.NETCore.App.Runtime"], ignoreOrder: true);
    }
}
