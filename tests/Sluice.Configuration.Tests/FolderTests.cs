namespace Sluice.Configuration.Tests;

/// <summary>A folder of documents is one configuration.</summary>
public sealed class FolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_ServersInSeveralFiles_AreOneConfigurationInTheOrderOfTheNames()
    {
        _folder.Write("b.yaml", Server("second", "perUser: 5/1m"));
        _folder.Write("a.yml", Server("first", "shared: 5/1m"));
        _folder.Write("c.json", """{ "servers": [ { "name": "third", "upstream": "http://127.0.0.1:1/mcp" } ] }""");
        _folder.Write("gateway.yaml", "listen: http://127.0.0.1:9", $"auth: {{ apiKeys: [ {{ user: alice, sha256: {new string('a', 64)} }} ] }}");

        GatewayConfiguration configuration = GatewayFile.Load(_folder.Path).RequireConfiguration();

        configuration.Servers.Select(server => server.Name).ShouldBe(["first", "second", "third"]);
        configuration.Listen.Port.ShouldBe(9);
        configuration.Servers[1].Policy!.Settings.PerUser.ShouldNotBeNull();
    }

    [Fact]
    public void Load_OtherFilesAndFolders_AreNotRead()
    {
        _folder.Write("a.yaml", Server("only", "shared: 5/1m"));
        _folder.Write(".a.yaml.swp", "{");
        _folder.Write(".hidden.yaml", "{");
        _folder.Write("notes.txt", "{");
        _folder.Write("empty.yaml", "# later");
        _folder.Write("keys/keys.yaml", "- { user: a }");
        Directory.CreateSymbolicLink(_folder.PathOf("loop"), _folder.Path);

        GatewayFileResult result = GatewayFile.Load(_folder.Path + "/");

        result.RequireConfiguration().Servers.ShouldHaveSingleItem();
        result.Files.ShouldBe([_folder.Path, _folder.PathOf("a.yaml"), _folder.PathOf("empty.yaml")]);
    }

    [Fact]
    public void Load_SettingsInTwoFiles_AreAFaultOfTheSecond()
    {
        _folder.Write("a.yaml", "listen: http://127.0.0.1:9", Server("first", "shared: 5/1m"));
        _folder.Write("b.yaml", "decisionIds: true", Server("second", "shared: 5/1m"));

        ShouldFail("b.yaml:1:1 decisionIds: is a setting of the gateway, and a.yaml has settings too. Keep them in one file; the others have only 'servers'.");
    }

    [Fact]
    public void Load_NameOfAServerInTwoFiles_IsAFaultThatNamesTheFirstFile()
    {
        _folder.Write("a.yaml", Server("same", "shared: 5/1m"));
        _folder.Write("b.yaml", Server("SAME", "shared: 5/1m"));

        ShouldFail("b.yaml:1:20 servers[0].name: 'SAME' is taken by servers[0].name in a.yaml. Choose another.");
    }

    [Fact]
    public void Load_LimitsByUserWithoutAuthInAnyFile_AreAFault()
    {
        _folder.Write("a.yaml", Server("one", "perUser: 5/1m"));

        GatewayFile.Load(_folder.Path).Faults.ShouldHaveSingleItem().Message.ShouldStartWith("needs to know who calls, and no 'auth' tells it.");
    }

    [Fact]
    public void Load_OneOfAThousandFilesIsWrong_IsNothingButThatFault()
    {
        for (int i = 0; i < 1_000; i++)
        {
            _folder.Write($"s{i:0000}.yaml", Server($"s{i}", i == 700 ? "shared: 10/fortnite" : "shared: 5/1m"));
        }

        GatewayFileResult result = GatewayFile.Load(_folder.Path);

        result.Configuration.ShouldBeNull();
        Fault fault = result.Faults.ShouldHaveSingleItem();
        fault.File.ShouldBe(_folder.PathOf("s0700.yaml"));
        fault.Path.ShouldBe("servers[0].rateLimiting.shared");
    }

    [Fact]
    public void Load_FolderWithoutDocuments_SaysWhatToAdd()
    {
        _folder.Write("notes.txt", "");

        GatewayFile.Load(_folder.Path).Faults.ShouldHaveSingleItem().ToString()
            .ShouldBe($"{_folder.Path}: is a folder without documents. Add a file whose name ends in .yaml, .yml or .json.");
    }

    [Fact]
    public void Load_FolderWithoutServers_SaysSo()
    {
        _folder.Write("gateway.yaml", "listen: http://127.0.0.1:9");

        GatewayFile.Load(_folder.Path).Faults.ShouldHaveSingleItem().ToString()
            .ShouldBe($"{_folder.Path}: describes no server. Add a file with 'servers', a Server of sluice.dev, or a manifest of ToolHive.");
    }

    [Fact]
    public void Load_LinkToItself_IsAFaultOfThatFile()
    {
        _folder.Write("a.yaml", Server("one", "shared: 5/1m"));
        File.CreateSymbolicLink(_folder.PathOf("b.yaml"), "b.yaml");

        ShouldFail("b.yaml: is a symbolic link that leads back to itself. Name a file that this program may read.");
    }

    [Fact]
    public void Load_TwoLinksToEachOtherInTheCurrentFolder_SaysThatTheyLeadBack()
    {
        string name = $"loop-{Guid.NewGuid():N}.yaml";
        File.CreateSymbolicLink(name, "other-" + name);
        File.CreateSymbolicLink("other-" + name, name);
        try
        {
            GatewayFile.Load(name).Faults.ShouldHaveSingleItem().ToString()
                .ShouldBe($"{name}: is a symbolic link that leads back to itself. Name a file that this program may read.");
        }
        finally
        {
            File.Delete(name);
            File.Delete("other-" + name);
        }
    }

    [Fact]
    public void Load_KeysBesideTheDocuments_SaysWhereTheyBelong()
    {
        _folder.Write("a.yaml", Server("one", "shared: 5/1m"));
        _folder.Write("keys.yaml", $"- {{ user: alice, sha256: {new string('a', 64)} }}");

        ShouldFail(
            "keys.yaml:1:1 is a list, and a document has fields. If it lists API keys, move it to a folder below, and name it in 'apiKeys.file'.");
    }

    [Fact]
    public void Load_MisspeltSettings_AreFaultsOnce()
    {
        _folder.Write("a.yaml", Server("one", "shared: 5/1m"), "lisden: http://127.0.0.1:9");
        _folder.Write("b.yaml", "decisionIds: true", "stopp: { drain: 1s }");

        GatewayFile.Load(_folder.Path).Faults.Select(fault => fault.Path).ShouldBe(["lisden", "stopp"]);
    }

    private static string Server(string name, string limits) =>
        $"servers: [ {{ name: {name}, upstream: \"http://127.0.0.1:1/mcp\", rateLimiting: {{ {limits} }} }} ]";

    private void ShouldFail(string fault)
    {
        GatewayFileResult result = GatewayFile.Load(_folder.Path);
        result.Configuration.ShouldBeNull();
        result.Faults.ShouldHaveSingleItem().ToString().ShouldBe($"{_folder.Path}/{fault}");
    }
}
