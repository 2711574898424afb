using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Configuration.Tests;

/// <summary>What docs/configuration.md says is so.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Page =
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "configuration.md")).ReplaceLineEndings("\n");

    public static TheoryData<string> Blocks() => [.. YamlBlock().Matches(Page).Select(match => match.Groups[1].Value)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Page_YamlBlock_IsValid(string block)
    {
        // A block is a whole file, or the limits of a server.
        string text = block.StartsWith("rateLimiting:\n", StringComparison.Ordinal)
            ? Documents.WithLimits([.. block.TrimEnd('\n').Split('\n').Skip(1).Select(line => line[2..])])
            : block;

        FixedValues values = new() { Variables = { ["REDIS_PASSWORD"] = "x", ["WEATHER_KEY"] = "x" } };

        GatewayFile.Parse(text, "configuration.md", values).Faults.ShouldBeEmpty();
    }

    public static TheoryData<string, string> AuthenticationBlocks()
    {
        TheoryData<string, string> blocks = [];
        foreach (string path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "authentication"), "*.md").Order())
        {
            foreach (string block in YamlBlock().Matches(File.ReadAllText(path).ReplaceLineEndings("\n")).Select(match => match.Groups[1].Value))
            {
                if (block.StartsWith("- ", StringComparison.Ordinal))
                {
                    File.WriteAllText(Path.Combine(Path.GetDirectoryName(path)!, "keys.yaml"), block); // The key file of another block.
                }
                else
                {
                    blocks.Add(Path.GetFileName(path), block);
                }
            }
        }

        return blocks;
    }

    [Theory]
    [MemberData(nameof(AuthenticationBlocks))]
    public void AuthenticationPage_YamlBlock_IsValid(string page, string block) =>
        GatewayFile.Parse(block, Path.Combine(AppContext.BaseDirectory, "authentication", page)).Faults.ShouldBeEmpty();

    [Fact]
    public void AuthenticationPages_EachHaveABlock() => AuthenticationBlocks().Count.ShouldBe(10);

    [Fact]
    public void ConceptPage_Example_IsValidAndItsHashesAreThoseOfItsKeys()
    {
        string page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "lists-overrides-and-keys.md")).ReplaceLineEndings("\n");
        string block = YamlBlock().Matches(page).ShouldHaveSingleItem().Groups[1].Value;

        GatewayFile.Parse(block, "lists-overrides-and-keys.md").Faults.ShouldBeEmpty();
        foreach (string user in new[] { "ana", "ben", "kim" })
        {
            byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"key-of-{user}"));
            block.ShouldContain($"user: {user}, sha256: {Convert.ToHexStringLower(hash)}");
        }
    }

    [Fact]
    public void Page_HasBlocks_OfBothKinds()
    {
        Blocks().Count.ShouldBe(11);
        Page.ShouldContain("```yaml\nrateLimiting:\n");
    }

    [Fact]
    public void Page_EveryFieldThatTheReadersKnow_IsNamed()
    {
        // The fields come from the readers themselves, which list them when they do not know one.
        const string Text = """
            x: 1
            auth: { x: 1, apiKeys: [ { x: 1 } ], jwt: { x: 1 }, trustedProxy: { x: 1 } }
            identity: { x: 1 }
            store: { x: 1 }
            tls: { x: 1 }
            streams: { x: 1 }
            cors: { x: 1 }
            admin: { x: 1 }
            audit: { x: 1 }
            record: { x: 1 }
            compat: { toolhive: { x: 1 } }
            servers:
              - x: 1
                upstream: { x: 1 }
                allow: [ { x: 1 } ]
                rateLimiting:
                  x: 1
                  headers: { x: 1 }
                  shared: { x: 1 }
                  concurrency: { x: 1 }
                  tools: [ { x: 1 } ]
            """;
        const string Known = "Known: ";
        string[] known =
        [
            .. GatewayFile.Parse(Text, "f").Faults
                .Select(fault => fault.Message)
                .Where(message => message.Contains(Known, StringComparison.Ordinal))
                .SelectMany(message => message[(message.IndexOf(Known, StringComparison.Ordinal) + Known.Length)..].TrimEnd('.').Split(", ")),
        ];

        known.Length.ShouldBeGreaterThan(40);
        known.Where(field => !Regex.IsMatch(Page, $"`[^`]*\\b{field}\\b[^`]*`")).ShouldBeEmpty();
    }

    [GeneratedRegex("^```yaml\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex YamlBlock();
}
