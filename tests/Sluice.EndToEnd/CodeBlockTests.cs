using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.EndToEnd;

/// <summary>The code blocks of all pages name their language, and what they show is valid.</summary>
public sealed partial class CodeBlockTests
{
    private static readonly string[] Languages =
        ["bash", "console", "csharp", "ini", "json", "mermaid", "nginx", "python", "sh", "text", "yaml"];

    public static TheoryData<string> Pages => DocumentationTests.Pages;

    public static TheoryData<string, int> Yaml => BlocksOf("yaml");

    public static TheoryData<string, int> Json => BlocksOf("json");

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_ItsCodeBlocks_NameAKnownLanguage(string page)
    {
        (int Line, string Language, string Text)[] blocks = [.. Blocks(page)];

        blocks.Where(block => !Languages.Contains(block.Language)).Select(block => $"{page}:{block.Line} '{block.Language}'").ShouldBeEmpty();
    }

    /// <summary>A block is a whole file, the limits of a server, or settings beside servers. What else there is has tests of its own.</summary>
    [Theory]
    [MemberData(nameof(Yaml))]
    public void Page_YamlBlock_IsValid(string page, int line)
    {
        string block = Blocks(page).Single(block => block.Line == line).Text;
        if (IsCheckedElsewhere(page, block))
        {
            return;
        }

        ImmutableArray<Fault> errors = GatewayFile.Parse(Complete(block), $"{page}:{line}", new PageValues()).Faults;

        errors.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Json))]
    public void Page_JsonBlock_CanBeParsed(string page, int line)
    {
        string block = Blocks(page).Single(block => block.Line == line).Text;

        Should.NotThrow(() => JsonSerializer.Deserialize<JsonElement>(block));
    }

    [Fact]
    public void Blocks_OfAllPages_AreFound()
    {
        Yaml.Count.ShouldBeGreaterThan(50);
        Json.Count.ShouldBeGreaterThan(10);
    }

    // Files of other products: ImportTests. A file of API keys and the configuration that names it: Sluice.Configuration.Tests.
    private static bool IsCheckedElsewhere(string page, string block) =>
        (page.StartsWith("docs/migrate/", StringComparison.Ordinal) && !block.Contains("\nservers:\n", StringComparison.Ordinal))
        || (page == "docs/authentication/api-keys.md" && KeyFile().IsMatch(block));

    private static string Complete(string block)
    {
        const string Server = "servers:\n  - name: main\n    upstream: http://127.0.0.1:3001/mcp\n";
        return block.StartsWith("rateLimiting:\n", StringComparison.Ordinal)
            ? $"auth: {{ jwt: {{ issuer: \"https://login.example.com\" }}, publicUrl: \"https://mcp.example.com\" }}\n{Server}{Indented(block)}"
            : KubernetesObject().IsMatch(block) || ServersField().IsMatch(block) ? block
            : $"{block}{Server}";
    }

    // A block of limits stands in a server whose callers have every identity.
    private static string Indented(string block) => Line().Replace(block, "    $0");

    private static TheoryData<string, int> BlocksOf(string language)
    {
        TheoryData<string, int> blocks = [];
        foreach (string page in DocumentationTests.PagePaths())
        {
            foreach ((int line, _, _) in Blocks(page).Where(block => block.Language == language))
            {
                blocks.Add(page, line);
            }
        }

        return blocks;
    }

    private static IEnumerable<(int Line, string Language, string Text)> Blocks(string page)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, page));
        return Block().Matches(text).Select(block => (
            text.AsSpan(0, block.Index).Count('\n') + 1, block.Groups["language"].Value, block.Groups["text"].Value));
    }

    [GeneratedRegex(@"^ *```(?<language>.*)\n(?<text>(.*\n)*?) *```$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();

    [GeneratedRegex("^- |file: ")]
    private static partial Regex KeyFile();

    [GeneratedRegex("^servers:", RegexOptions.Multiline)]
    private static partial Regex ServersField();

    [GeneratedRegex("^apiVersion:", RegexOptions.Multiline)]
    private static partial Regex KubernetesObject();

    [GeneratedRegex("^.+$", RegexOptions.Multiline)]
    private static partial Regex Line();

    /// <summary>Has a value for each secret and each file that a page names.</summary>
    private sealed class PageValues : IValueSource
    {
        public string? FindVariable(string name) => name is "REDIS_PASSWORD" or "WEATHER_KEY" ? "value" : null;

        public bool TryReadFile(string path, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out string? why)
        {
            (text, why) = ("value", null);
            return true;
        }
    }
}
