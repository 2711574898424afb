namespace Sluice.Configuration.Tests.Sliced;

/// <summary>What has not changed since the last reading is not read again, and what may have changed is.</summary>
public sealed class KnownServersTests
{
    private const string Auth = "auth: { apiKeys: [ { user: alice, sha256: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" } ] }\n";
    private readonly KnownServers _known = new();
    private readonly FixedValues _values = new() { Variables = { ["RATE"] = "7/1m" } };

    [Fact]
    public void Parse_OneServerChanged_TheOthersAreTheSameObjects()
    {
        GatewayConfiguration before = Valid(Auth, Server("a", "10/1m"), Server("b", "10/1m"), Server("c", "10/1m"));

        GatewayConfiguration after = Valid(Auth, Server("c", "10/1m"), Server("b", "20/1m"), Server("a", "10/1m"), Server("d", "10/1m"));

        after.Servers.Select(server => server.Name).ShouldBe(["c", "b", "a", "d"]);
        after.Servers[0].ShouldBeSameAs(before.Servers[2]);
        after.Servers[2].ShouldBeSameAs(before.Servers[0]);
        after.Servers[1].ShouldNotBeSameAs(before.Servers[1]);
        after.Servers[1].Policy!.Limits[0].MaxTokens.ShouldBe(20);
        after.Version.ShouldNotBe(before.Version);
    }

    [Fact]
    public void Parse_ServerWithAReference_IsReadAgain()
    {
        GatewayConfiguration before = Valid(Auth, Server("a", "${RATE}"), Server("b", "10/1m"));
        _values.Variables["RATE"] = "8/1m";

        GatewayConfiguration after = Valid(Auth, Server("a", "${RATE}"), Server("b", "10/1m"));

        before.Servers[0].Policy!.Limits[0].MaxTokens.ShouldBe(7);
        after.Servers[0].Policy!.Limits[0].MaxTokens.ShouldBe(8);
        after.Servers[1].ShouldBeSameAs(before.Servers[1]);
    }

    [Fact]
    public void Parse_CallersAreNoLongerKnown_EveryServerIsCheckedAgain()
    {
        Valid(Auth, Server("a", "10/1m"));

        GatewayFileResult result = Parse("", Server("a", "10/1m"));

        result.Configuration.ShouldBeNull();
        result.Faults.ShouldHaveSingleItem().Path.ShouldBe("servers[0].rateLimiting.perUser");
    }

    [Fact]
    public void Parse_OtherKeysOfTheSameKind_ServersAreKept()
    {
        GatewayConfiguration before = Valid(Auth, Server("a", "10/1m"));

        GatewayConfiguration after = Valid(Auth.Replace("aaaa", "bbbb", StringComparison.Ordinal), Server("a", "10/1m"));

        after.Servers[0].ShouldBeSameAs(before.Servers[0]);
    }

    [Fact]
    public void Parse_FaultInBetween_WhatWasValidIsStillKnown()
    {
        GatewayConfiguration before = Valid(Auth, Server("a", "10/1m"), Server("b", "10/1m"));

        GatewayFileResult wrong = Parse(Auth, Server("a", "10/1m"), Server("b", "10/fortnight"));
        GatewayConfiguration after = Valid(Auth, Server("a", "10/1m"), Server("b", "10/1m"));

        wrong.Faults.ShouldHaveSingleItem().Line.ShouldBe(8);
        after.Servers[1].ShouldBeSameAs(before.Servers[1]);
    }

    [Fact]
    public void Parse_ManyDocuments_OnlyTheLastOnesServersAreKept()
    {
        for (int number = 0; number < 100; number++)
        {
            Valid(Auth, Server($"a{number}", "10/1m"), Server("b", $"{number + 1}/1m"), Server("c", "${RATE}"));
        }

        _known.Count.ShouldBe(2);
    }

    private static string Server(string name, string rate) =>
        $"  - name: {name}\n    upstream: http://127.0.0.1:3001/mcp\n    rateLimiting: {{ perUser: \"{rate}\" }}\n";

    private GatewayConfiguration Valid(string auth, params string[] servers)
    {
        GatewayConfiguration configuration = Parse(auth, servers).RequireConfiguration();
        _known.IsUsed.ShouldBeTrue();
        return configuration;
    }

    private GatewayFileResult Parse(string auth, params string[] servers) => GatewayFile.Parse(
        $"{auth}servers:\n{string.Concat(servers)}", "x.yaml", _values, ReadingOptions.ToRead, _known);
}
