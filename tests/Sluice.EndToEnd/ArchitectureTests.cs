using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Sluice.EndToEnd;

/// <summary>The drawings of <c>docs/architecture.md</c> show what is there.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "architecture.md"));
    private static readonly string Source = Path.Combine(Repository.Root, "src");

    [Fact]
    public void DrawingOfProjects_ItsArrows_AreTheReferences()
    {
        string[] drawn = [.. Arrow().Matches(Page).Select(arrow => $"{arrow.Groups["from"].Value} --> {arrow.Groups["to"].Value}")];
        string[] references =
        [
            .. Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories).SelectMany(project =>
                XDocument.Load(project).Descendants("ProjectReference").Select(reference =>
                    $"{Path.GetFileNameWithoutExtension(project)} --> {NameOf(reference.Attribute("Include")!.Value)}")),
        ];

        drawn.Order(StringComparer.Ordinal).ShouldBe(references.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TableOfProjects_HasEachOne()
    {
        foreach (string folder in Directory.GetDirectories(Source).Select(folder => Path.GetFileName(folder)!))
        {
            Page.ShouldContain($"[{folder}](../src/{folder})");
        }
    }

    [Fact]
    public void PathOfACall_ItsPlaces_Exist()
    {
        string[] places = [.. Place().Matches(Page).Select(place => place.Value)];

        places.Length.ShouldBeGreaterThan(10);
        foreach (string place in places)
        {
            string path = Path.Combine(Source, place.StartsWith("Sluice", StringComparison.Ordinal) ? place : $"Sluice.{place}");
            (Directory.Exists(path) || File.Exists(path + ".cs")).ShouldBeTrue(place);
        }
    }

    [Fact]
    public void FilesThatTellAllAlgorithmsApart_AreThoseThatTheGuideNames()
    {
        string guide = File.ReadAllText(Path.Combine(Repository.Root, "CONTRIBUTING.md"));
        string[] found =
        [
            .. Directory.GetFiles(Source, "*.cs", SearchOption.AllDirectories)
                .Where(path => Algorithm().Matches(File.ReadAllText(path)).Select(name => name.Value).Distinct().Count() > 3)
                .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')),
        ];

        found.Length.ShouldBe(2);
        found.ShouldAllBe(path => guide.Contains($"({path})", StringComparison.Ordinal));
    }

    private static string NameOf(string path) => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'));

    [GeneratedRegex(@"^  (?<from>Sluice[.\w]*) --> (?<to>Sluice[.\w]*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Arrow();

    [GeneratedRegex(@"(?<=RateLimitAlgorithm\.)[A-Z]\w+")]
    private static partial Regex Algorithm();

    // In the drawing only: what is in links, the test of links looks at.
    [GeneratedRegex(@"(?<=^[|v\s].*)(?<![\w./(])(Sluice|Gateway|Mcp|AspNetCore)(/[A-Z]\w*)+", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Place();
}
