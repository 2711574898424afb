using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>The links of all pages lead somewhere, and the index has every page.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Docs = Path.Combine(Repository.Root, "docs");

    public static TheoryData<string> Pages => [.. PagePaths()];

    /// <summary>The paths of all pages, from the root of the repository.</summary>
    internal static string[] PagePaths() =>
    [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "samples/README.md",
        "deploy/README.md",
        "findings/README.md",
        .. Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(folder => Path.Combine(folder, "README.md"))
            .Where(File.Exists).Concat(Directory.GetFiles(Docs, "*.md", SearchOption.AllDirectories))
            .Select(page => Path.GetRelativePath(Repository.Root, page)).Order(),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_ItsLinks_LeadToFilesAndHeadings(string page)
    {
        string path = Path.Combine(Repository.Root, page);
        string[] broken =
        [
            .. Link().Matches(WithoutCode(File.ReadAllText(path)))
                .Select(link => link.Groups["target"].Value)
                .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))
                .Where(target => !Leads(path, target)),
        ];

        broken.ShouldBeEmpty();
    }

    [Fact]
    public void Index_OfTheDocumentation_HasEveryPage()
    {
        string index = File.ReadAllText(Path.Combine(Docs, "README.md"));

        foreach (string page in Directory.GetFiles(Docs, "*.md", SearchOption.AllDirectories).Select(page => Path.GetRelativePath(Docs, page)))
        {
            if (page != "README.md" && !page.StartsWith("decisions", StringComparison.Ordinal))
            {
                index.ShouldContain($"({page})");
            }
        }
    }

    [Fact]
    public void Page_OfTheDocumentation_BeginsWithWhatTheReaderWants()
    {
        string[] others =
        [
            .. Directory.GetFiles(Docs, "*.md", SearchOption.AllDirectories)
                .Where(page => !page.Contains("/decisions/", StringComparison.Ordinal) && page != Path.Combine(Docs, "README.md"))
                .Where(page => !Opening().IsMatch(File.ReadAllText(page)))
                .Select(page => Path.GetRelativePath(Docs, page)),
        ];

        others.ShouldBeEmpty("A page begins with '# Title', an empty line, and 'You want …', 'You have …' or 'You limit …'.");
    }

    private static bool Leads(string page, string target)
    {
        string[] parts = target.Split('#', 2);
        string path = parts[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
        return parts.Length == 1
            ? File.Exists(path) || Directory.Exists(path)
            : File.Exists(path) && Heading().Matches(WithoutCode(File.ReadAllText(path))).Any(heading => Anchor(heading.Groups["text"].Value) == parts[1]);
    }

    // As the sites that show Markdown make them: lower case, hyphens for spaces, no punctuation.
    private static string Anchor(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Select(c => c == ' ' ? "-" : char.IsLetterOrDigit(c) || c is '-' or '_' ? $"{c}" : ""));

    private static string WithoutCode(string text) => CodeBlock().Replace(text, "");

    [GeneratedRegex(@"\]\((?<target>[^()\s]+(\([^()\s]*\)[^()\s]*)?)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex(@"\A# .+\n\nYou (want|have|limit) ")]
    private static partial Regex Opening();

    [GeneratedRegex("^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Heading();

    [GeneratedRegex("^ *```.*?^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
