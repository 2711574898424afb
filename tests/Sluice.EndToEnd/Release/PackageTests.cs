using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Sluice.EndToEnd;

/// <summary>The packages of a release, as a registry and a reader see them.</summary>
[Nightly]
[Collection(BuiltRelease.Collection)]
public sealed partial class PackageTests(BuiltRelease release)
{
    private static readonly string Source = Path.Combine(Repository.Root, "src");

    private static readonly Dictionary<string, string> Ids = Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories)
        .Where(project => !File.ReadAllText(project).Contains("<IsPackable>false</IsPackable>", StringComparison.Ordinal))
        .Select(Path.GetFileNameWithoutExtension)
        .ToDictionary(project => project!, project => project == "Sluice.Gateway" ? "Sluice.Tool" : project!);

    public static TheoryData<string> Projects => [.. Ids.Keys.Order(StringComparer.Ordinal)];

    public static TheoryData<string> Libraries => [.. Ids.Keys.Where(project => project != "Sluice.Gateway").Order(StringComparer.Ordinal)];

    [Fact]
    public void Output_HasOnePackageAndItsSymbolsForEachProject()
    {
        string[] files = [.. Directory.GetFiles(release.Output, "*nupkg").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

        files.ShouldBe(Ids.Values
            .SelectMany(id => new[] { $"{id}.{BuiltRelease.Version}.nupkg", $"{id}.{BuiltRelease.Version}.snupkg" })
            .Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Package_SaysWhatItIs(string project)
    {
        string id = Ids[project];
        XElement metadata = Metadata(id);
        string Of(string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;

        Of("id").ShouldBe(id);
        Of("version").ShouldBe(BuiltRelease.Version);
        Of("license").ShouldBe("Apache-2.0");
        Of("readme").ShouldBe("README.md");
        Of("description").Length.ShouldBeGreaterThan(40);
        Encoding.UTF8.GetString(BuiltRelease.InPackage(release.Package(id), "README.md"))
            .ShouldBe(File.ReadAllText(Path.Combine(Source, project, "README.md")));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Package_OfALibrary_HasItsDocumentationAndSymbols(string project)
    {
        BuiltRelease.InPackage(release.Package(project), $"lib/net10.0/{project}.xml").Length.ShouldBeGreaterThan(0);
        BuiltRelease.InPackage(Path.ChangeExtension(release.Package(project), "snupkg"), $"lib/net10.0/{project}.pdb").Length.ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Package_OfALibrary_DependsOnTheOthersOfItsRelease(string project)
    {
        string[] references =
        [
            .. XDocument.Load(Path.Combine(Source, project, $"{project}.csproj")).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))),
        ];
        Dictionary<string, string> dependencies = Metadata(project).Descendants()
            .Where(element => element.Name.LocalName == "dependency")
            .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);

        dependencies.Keys.Where(id => id.StartsWith("Sluice", StringComparison.Ordinal)).ShouldBe(references, ignoreOrder: true);
        foreach (string reference in references)
        {
            dependencies[reference].ShouldBe(BuiltRelease.Version);
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Readme_OfAPackage_ShowsCodeOfASampleThatRuns(string project)
    {
        string[] samples = [.. Directory.GetDirectories(Path.Combine(Repository.Root, "samples"))
            .Select(folder => File.ReadAllText(Path.Combine(folder, "Program.cs")))];

        foreach (Match code in Code().Matches(File.ReadAllText(Path.Combine(Source, project, "README.md"))))
        {
            samples.ShouldContain(sample => sample.Contains(code.Groups["code"].Value, StringComparison.Ordinal), code.Value);
        }
    }

    [Fact]
    public async Task Assembly_BuiltAgainInAnotherFolder_IsTheSameToTheByte()
    {
        const string Project = "Sluice.Configuration"; // And Sluice, which it needs.
        string artifacts = release.NewFolder("again");

        await BuiltRelease.SucceedAsync(
            "dotnet", "build", Path.Combine(Source, Project), "--configuration", "Release", "--artifacts-path", artifacts,
            "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:SluiceRelease=true", $"-p:Version={BuiltRelease.Version}");

        foreach (string assembly in new[] { "Sluice", Project })
        {
            byte[] again = await File.ReadAllBytesAsync(Path.Combine(artifacts, "bin", Project, "release", $"{assembly}.dll"));
            again.AsSpan().SequenceEqual(BuiltRelease.InPackage(release.Package(assembly), $"lib/net10.0/{assembly}.dll")).ShouldBeTrue(assembly);
        }
    }

    private XElement Metadata(string id)
    {
        using MemoryStream nuspec = new(BuiltRelease.InPackage(release.Package(id), $"{id}.nuspec"));
        return XDocument.Load(nuspec).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Code();
}
