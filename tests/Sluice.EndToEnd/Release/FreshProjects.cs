using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Sluice.EndToEnd;

/// <summary>
/// The samples as projects outside of the checkout, which reference the packages of the release in place of its sources. So they are
/// compiled against what a user of the packages sees.
/// </summary>
public sealed partial class FreshProjects(BuiltRelease release) : IAsyncLifetime
{
    private string _folder = "";

    /// <summary>The file of an assembly beside a sample's program.</summary>
    internal string FileOf(string sample, string file) => Path.Combine(_folder, sample, "bin", "Debug", "net10.0", file);

    /// <summary>The program of a sample.</summary>
    internal string Program(string sample) => FileOf(sample, $"{sample}.dll");

    public async Task InitializeAsync()
    {
        _folder = release.NewFolder("fresh");
        await File.WriteAllTextAsync(Path.Combine(_folder, "Directory.Build.props"), Properties());
        await File.WriteAllTextAsync(Path.Combine(_folder, "all.proj"), AllProjects);
        foreach (string sample in Directory.GetDirectories(Path.Combine(Repository.Root, "samples")))
        {
            string name = Path.GetFileName(sample);
            string copy = Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;
            foreach (string file in Directory.GetFiles(sample, "*.cs"))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }

            await File.WriteAllTextAsync(
                Path.Combine(copy, $"{name}.csproj"), WithPackages(await File.ReadAllTextAsync(Path.Combine(sample, $"{name}.csproj"))));
        }

        await BuiltRelease.SucceedAsync(
            "dotnet", "build", Path.Combine(_folder, "all.proj"), "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private const string AllProjects =
        """
        <Project DefaultTargets="Build">
          <ItemGroup><Sample Include="*/*.csproj" /></ItemGroup>
          <Target Name="Restore"><MSBuild Projects="@(Sample)" Targets="Restore" /></Target>
          <Target Name="Build"><MSBuild Projects="@(Sample)" Targets="Build" BuildInParallel="true" /></Target>
        </Project>
        """;

    // A cache of packages of its own, so that no earlier package of this version is taken. What is not Sluice may come from the user's.
    private string Properties() =>
        $"""
        <Project>
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <InvariantGlobalization>true</InvariantGlobalization>
            <RestoreAdditionalProjectSources>{release.Output}</RestoreAdditionalProjectSources>
            <RestorePackagesPath>{release.NewFolder("packages")}</RestorePackagesPath>
            <RestoreFallbackFolders>{UsersPackages}</RestoreFallbackFolders>
          </PropertyGroup>
        </Project>
        """;

    private static string UsersPackages =>
        Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static string WithPackages(string project)
    {
        XElement versions = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Root!;
        string VersionOf(string package) => Property().Replace(
            versions.Descendants("PackageVersion").Single(version => version.Attribute("Include")!.Value == package).Attribute("Version")!.Value,
            property => versions.Descendants(property.Groups["name"].Value).Single().Value);

        string withVersions = Package().Replace(
            project, package => $"""<PackageReference Include="{package.Groups["name"]}" Version="{VersionOf(package.Groups["name"].Value)}" />""");
        string fresh = Source().Replace(
            withVersions, source => $"""<PackageReference Include="{source.Groups["name"]}" Version="{BuiltRelease.Version}" />""");
        fresh.ShouldNotContain("ProjectReference");
        return fresh;
    }

    [GeneratedRegex("""<ProjectReference Include="\.\./\.\./src/(?<name>[^/"]+)/[^"]+" />""", RegexOptions.ExplicitCapture)]
    private static partial Regex Source();

    [GeneratedRegex("""<PackageReference Include="(?<name>[^"]+)" />""", RegexOptions.ExplicitCapture)]
    private static partial Regex Package();

    [GeneratedRegex(@"\$\((?<name>\w+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Property();
}
