using System.Security.Cryptography;
using System.Text;

namespace Sluice.Configuration.Tests;

/// <summary>API keys that are in files.</summary>
public sealed class KeyFileTests : IDisposable
{
    private const string KeyFile = "{ file: keys.yaml }";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Load_FileOfKeys_ReadsThemLikeThoseOfTheList()
    {
        _folder.Write(
            "keys.yaml",
            "# made by a program",
            $"- {{ user: alice, sha256: {HashOf("a")} }}",
            "- user: \"42\"",
            "  tenant: acme",
            "  name: ci",
            "  scopes: [files:read, files:write]",
            $"  sha256: {HashOf("b")}");

        ApiKeyTable keys = Load(KeyFile).RequireConfiguration().Auth.ApiKeys;

        keys.Count.ShouldBe(2);
        keys[0].User.ShouldBe("alice");
        keys[0].Tenant.ShouldBeNull();
        keys[0].Name.ShouldBeNull();
        keys[1].User.ShouldBe("42");
        keys[1].Tenant.ShouldBe("acme");
        keys[1].Name.ShouldBe("ci");
        keys[1].Scopes.ShouldBe(["files:read", "files:write"]);
        Convert.ToHexStringLower(keys[1].Sha256.AsSpan()).ShouldBe(HashOf("b"));
    }

    [Fact]
    public void Load_FileBesideKeysInTheList_ReadsBoth()
    {
        _folder.Write("keys.yaml", Entry("bob", "b"));

        ApiKeyTable keys = Load($"[{{ file: keys.yaml }}, {{ user: alice, sha256: {HashOf("a")} }}]").RequireConfiguration().Auth.ApiKeys;

        keys.Select(key => key.User).ShouldBe(["bob", "alice"]);
    }

    [Fact]
    public void Load_RelativePath_IsFromTheFolderOfTheConfiguration()
    {
        _folder.Write("keys/all.yaml", Entry("bob", "b"));

        Load("{ file: keys/all.yaml }").RequireConfiguration().Auth.ApiKeys.Count.ShouldBe(1);
        Load($"{{ file: \"{_folder.PathOf("keys/all.yaml")}\" }}").RequireConfiguration().Auth.ApiKeys.Count.ShouldBe(1);
    }

    [Fact]
    public void Load_Folder_ReadsItsYamlFilesInTheOrderOfTheirNames()
    {
        _folder.Write("keys/2.yml", Entry("two", "2"));
        _folder.Write("keys/1.yaml", Entry("one", "1"));
        _folder.Write("keys/.hidden.yaml", "not: [read");
        _folder.Write("keys/3.yaml.tmp", "not: [read");
        _folder.Write("keys/..data/4.yaml", "not: [read");

        Load("{ file: keys }").RequireConfiguration().Auth.ApiKeys.Select(key => key.User).ShouldBe(["one", "two"]);
    }

    [SkippableFact]
    public void Load_FolderOfLinksAsKubernetesMountsIt_ReadsTheFilesOnce()
    {
        Skip.If(OperatingSystem.IsWindows());
        _folder.Write("keys/..2026/keys.yaml", Entry("one", "1"));
        Directory.CreateSymbolicLink(_folder.PathOf("keys/..data"), "..2026");
        File.CreateSymbolicLink(_folder.PathOf("keys/keys.yaml"), "..data/keys.yaml");

        Load("{ file: keys }").RequireConfiguration().Auth.ApiKeys.Count.ShouldBe(1);
    }

    [Fact]
    public void Load_EveryFaultOfAnEntry_IsReportedAtItsPlaceInTheKeyFile()
    {
        _folder.Write(
            "keys.yaml",
            Entry("alice", "a"),
            "- { usr: bob, sha256: 12 }",
            $"- {{ user: 5, sha256: {HashOf("c").ToUpperInvariant()} }}",
            "- { user: dora, sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 }",
            "- alice",
            $"- {{ user: eve, scopes: [\"a b\"], file: more.yaml, sha256: {HashOf("e")} }}");

        FaultsOf(KeyFile).ShouldBe(
        [
            "keys.yaml:2:5 [1].usr: 'usr' is not a field. Did you mean 'user'?",
            "keys.yaml:2:23 [1].sha256: is not a SHA-256: 64 digits of 0-9 and a-f. 'sluice new-key' makes a key and prints its hash.",
            "keys.yaml:3:11 [2].user: the value is not text. Put it in quotes.",
            "keys.yaml:3:22 [2].sha256: is a SHA-256 in upper case. Write it in lower case.",
            "keys.yaml:4:25 [3].sha256: is the hash of an empty text. 'sluice new-key' makes a key and prints its hash.",
            "keys.yaml:5:3 [4]: a text is not a group of fields. Write fields, such as 'user: …'.",
            "keys.yaml:6:25 [5].scopes[0]: is not a scope. Write printable ASCII without spaces, quotes and backslashes, one scope an entry.",
            "keys.yaml:6:33 [5].file: 'file' is not a field. Known: user, tenant, sha256, name, scopes, claims.",
        ]);
    }

    [Fact]
    public void Load_KeyThatIsThereTwice_NamesBothPlaces()
    {
        _folder.Write("1.yaml", Entry("alice", "a"), Entry("bob", "b"));
        _folder.Write("2.yaml", "", Entry("carol", "b"), Entry("dora", "d"));

        FaultsOf($"[{{ user: eve, sha256: {HashOf("d")} }}, {{ file: 1.yaml }}, {{ file: 2.yaml }}, {{ user: f, sha256: {HashOf("a")} }}]")
            .ShouldBe(
            [
                "sluice.yaml:1:163 auth.apiKeys[3].sha256: is the same key as 1.yaml:1. Make a key for each entry with 'sluice new-key'.",
                "2.yaml:2:26 [0].sha256: is the same key as 1.yaml:2. Make a key for each entry with 'sluice new-key'.",
                "2.yaml:3:25 [1].sha256: is the same key as auth.apiKeys[0]. Make a key for each entry with 'sluice new-key'.",
            ]);
    }

    [Theory]
    [InlineData("{ file: none.yaml }", "1:26 auth.apiKeys.file: 'none.yaml' does not exist. Name a file or a folder that this program may read.")]
    [InlineData("[{ file: none.yaml }]", "1:27 auth.apiKeys[0].file: 'none.yaml' does not exist. Name a file or a folder that this program may read.")]
    [InlineData("{ file: empty }", "1:26 auth.apiKeys.file: the folder 'empty' holds no key file. Add a file whose name ends in .yaml or .yml.")]
    [InlineData("{ file: \"https://example.com/keys\" }", "1:26 auth.apiKeys.file: 'https://example.com/keys' is not a file. Write a path, such as keys.yaml.")]
    [InlineData("{ file: [a, b] }", "1:26 auth.apiKeys.file: a list is not text. Write a single value.")]
    [InlineData("{ file: }", "1:26 auth.apiKeys.file: is empty. Write text.")]
    [InlineData("{ file: \"\" }", "1:26 auth.apiKeys.file: has 0 characters, and must have 1 to 256.")]
    [InlineData("{ flie: keys.yaml }", "1:20 auth.apiKeys.flie: 'flie' is not a field. Did you mean 'file'?")]
    [InlineData("{ file: ok.yaml, user: alice }", "1:35 auth.apiKeys.user: 'user' is not a field. Known: file.")]
    [InlineData("{ user: alice }", "1:18 auth.apiKeys: a group of fields is not a list. Begin each entry with '- '.")]
    [InlineData("keys.yaml", "1:18 auth.apiKeys: a text is not a list. Begin each entry with '- '.")]
    [InlineData("[{ fiel: keys.yaml }]", "1:21 auth.apiKeys[0].fiel: 'fiel' is not a field. Did you mean 'file'?")]
    public void Load_ReferenceThatIsWrong_SaysWhatToWrite(string apiKeys, string expected)
    {
        Directory.CreateDirectory(_folder.PathOf("empty"));
        _folder.Write("ok.yaml", Entry("a", "a"));

        FaultsOf(apiKeys).ShouldHaveSingleItem().ShouldBe("sluice.yaml:" + expected);
    }

    [SkippableFact]
    public void Load_LinkThatLeadsBackToItself_IsAFault()
    {
        Skip.If(OperatingSystem.IsWindows());
        File.CreateSymbolicLink(_folder.PathOf("keys.yaml"), "b.yaml");
        File.CreateSymbolicLink(_folder.PathOf("b.yaml"), "keys.yaml");

        FaultsOf(KeyFile).ShouldHaveSingleItem().ShouldBe(
            "sluice.yaml:1:26 auth.apiKeys.file: 'keys.yaml' is a symbolic link that leads back to itself. "
            + "Name a file or a folder that this program may read.");
    }

    [SkippableFact]
    public void Load_FileInAFolderThatMayNotBeRead_IsAFaultThatNamesTheFile()
    {
        Skip.If(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "This user may read every file.");
        _folder.Write("keys/1.yaml", Entry("a", "a"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_folder.PathOf("keys/1.yaml"), UnixFileMode.None);
        }

        FaultsOf("{ file: keys }").ShouldHaveSingleItem().ShouldBe(
            "sluice.yaml:1:26 auth.apiKeys.file: 'keys/1.yaml' may not be read by this user. Name a file or a folder that this program may read.");
    }

    public static TheoryData<string, string> HalfWritten() => new()
    {
        { "", "keys.yaml: holds no key. Add an entry, such as '- { user: …, sha256: … }'." },
        { "# only a comment\n", "keys.yaml: holds no key. Add an entry, such as '- { user: …, sha256: … }'." },
        { "[]\n", "keys.yaml: holds no key. Add an entry, such as '- { user: …, sha256: … }'." },
        { "- user: alice\n", "keys.yaml:1:3 [0]: lacks the field 'sha256'. Add it." },
        { "- user: alice\n  sha256: 9f86d0", "keys.yaml:2:11 [0].sha256: is not a SHA-256: 64 digits of 0-9 and a-f. 'sluice new-key' makes a key and prints its hash." },
        { "-", "keys.yaml:1:2 [0]: is empty. Write fields, such as 'user: …'." },
        { "user: alice\n", "keys.yaml:1:1 is not a list of keys. Begin each entry with '- '." },
        { "alice\n", "keys.yaml:1:1 is not a list of keys. Begin each entry with '- '." },
    };

    [Theory]
    [MemberData(nameof(HalfWritten))]
    public void Load_FileThatIsEmptyOrHalfWritten_IsAFault(string text, string expected)
    {
        File.WriteAllText(_folder.PathOf("keys.yaml"), text);

        FaultsOf(KeyFile).ShouldHaveSingleItem().ShouldBe(expected);
    }

    [Fact]
    public void Load_FileThatEndsInTheMiddleOfAnEntry_IsAFaultWhereverItEnds()
    {
        string whole = Entry("alice", "a") + "\n" + Entry("bob", "b") + "\n";
        int second = whole.IndexOf('\n') + 1;
        for (int length = second + 1; length < whole.TrimEnd().Length; length++)
        {
            File.WriteAllText(_folder.PathOf("keys.yaml"), whole[..length]);

            FaultsOf(KeyFile).ShouldNotBeEmpty($"cut after {length} characters");
        }
    }

    [Fact]
    public void Load_FileThatIsNotUtf8OrHoldsForbiddenCharacters_ReportsEachPlace()
    {
        File.WriteAllBytes(_folder.PathOf("1.yaml"), [.. Encoding.UTF8.GetBytes("# é\n- { user: ö"), 0xFF, (byte)'}']);
        File.WriteAllText(_folder.PathOf("2.yaml"), "- user: a\n\tx: y\n# \0\n" + new string(' ', 100_000) + "\u2028");

        FaultsOf("[{ file: 1.yaml }, { file: 2.yaml }]").ShouldBe(
        [
            "1.yaml:2:12 is not UTF-8: here is a byte that is part of no character. Save the file as UTF-8.",
            "2.yaml:2:1 a tab indents this line. Indent with spaces.",
            "2.yaml:3:3 the character U+0000 is not allowed. Remove it, or write \"\\u0000\".",
            "2.yaml:4:100001 the character U+2028 is not allowed. Remove it, or write \"\\u2028\".",
        ]);
    }

    [Fact]
    public void Load_EntryThatNeverEnds_IsAFault()
    {
        File.WriteAllText(_folder.PathOf("keys.yaml"), "- user: \"" + new string('a', 2 * 1024 * 1024));

        FaultsOf(KeyFile).ShouldHaveSingleItem().ShouldBe(
            "keys.yaml:1:1 an entry here is longer than 1048576 characters. Begin each entry with '- '.");
    }

    [Fact]
    public void Load_MoreThan256Mebibytes_IsAFaultWithoutReadingThem()
    {
        foreach (string name in (string[])["keys/1.yaml", "keys/2.yaml"])
        {
            _folder.Write(name, Entry(name, name));
            using FileStream file = File.OpenWrite(_folder.PathOf(name));
            file.SetLength(name == "keys/1.yaml" ? file.Length : 256 * 1024 * 1024); // Sparse: it takes no space.
        }

        FaultsOf("{ file: keys }").ShouldHaveSingleItem().ShouldBe(
            "sluice.yaml:1:26 auth.apiKeys.file: 'keys' is larger than 256 MiB, together with the key files before it. "
            + "Remove the keys that are not in use.");
    }

    [Fact]
    public void Load_ThousandsOfFaults_KeepsAThousandAndCountsTheRest()
    {
        _folder.Write("keys.yaml", [.. Enumerable.Range(0, 3_000).Select(index => $"- {{ user: u{index} }}")]);

        string[] faults = FaultsOf(KeyFile);

        faults.Length.ShouldBe(1_001);
        faults[^1].ShouldBe("sluice.yaml: holds 2000 more faults.");
    }

    [Fact]
    public void Load_TenThousandKeys_ReadsAllAcrossTheBuffersOfTheReader()
    {
        _folder.Write("keys.yaml", [.. Enumerable.Range(0, 10_000).Select(index => Entry($"ü𝒳-{index}", $"{index}"))]);

        ApiKeyTable keys = Load(KeyFile).RequireConfiguration().Auth.ApiKeys;

        keys.Count.ShouldBe(10_000);
        for (int index = 0; index < keys.Count; index++)
        {
            keys.TryFind(Convert.FromHexString(HashOf($"{index}")), out int found).ShouldBeTrue();
            found.ShouldBe(index);
            keys[index].User.ShouldBe($"ü𝒳-{index}");
        }
    }

    [Fact]
    public void Load_ReferencesInAKeyFile_AreReplacedAsInTheConfiguration()
    {
        _folder.Write("keys.yaml", $"- {{ user: \"${{NAME}}\", sha256: {HashOf("a")} }}", $"- {{ user: \"${{NONE}}\", sha256: {HashOf("b")} }}");

        FaultsOf(KeyFile, new() { Variables = { ["NAME"] = "alice" } }).ShouldHaveSingleItem().ShouldBe(
            "keys.yaml:2:11 [1].user: the environment variable 'NONE' is not set. Set it, or write ${NONE:-default}.");
    }

    [Fact]
    public void Load_TenantInAKeyFile_AllowsALimitPerTenant()
    {
        _folder.Write("keys.yaml", $"- {{ user: alice, tenant: acme, sha256: {HashOf("a")} }}");
        Load(KeyFile, limits: "{ perTenant: 1/1m }").Faults.ShouldBeEmpty();

        _folder.Write("keys.yaml", $"- {{ user: alice, sha256: {HashOf("a")} }}");
        Load(KeyFile, limits: "{ perTenant: 1/1m }").Faults.ShouldHaveSingleItem().Path.ShouldBe("servers[0].rateLimiting.perTenant");
    }

    public void Dispose() => _folder.Dispose();

    private static string HashOf(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    private static string Entry(string user, string key) => $"- {{ user: {user}, sha256: {HashOf(key)} }}";

    private GatewayFileResult Load(string apiKeys, FixedValues? values = null, string limits = "{ perUser: 1/1m }")
    {
        string path = _folder.PathOf("sluice.yaml");
        File.WriteAllText(
            path, $"auth: {{ apiKeys: {apiKeys} }}\nservers: [{{ name: a, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: {limits} }}]\n");
        return GatewayFile.Load(path, values ?? new FixedValues());
    }

    private string[] FaultsOf(string apiKeys, FixedValues? values = null) =>
        [.. Load(apiKeys, values).Faults.Select(fault => fault.ToString().Replace(_folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal))];
}
