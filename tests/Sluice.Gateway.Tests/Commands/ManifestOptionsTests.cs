using System.CommandLine;
using Sluice.Documents;

namespace Sluice.Gateway.Tests.Commands;

/// <summary>The options of <c>sluice run</c> that say what manifests do not say.</summary>
public sealed class ManifestOptionsTests
{
    private static readonly ManifestNames Manifests = new([("tools.weather", "weather"), ("a.files", "files"), ("b.files", "files")], [], Redis: null);

    [Theory]
    [InlineData("weather", "is not a server and its URL. Write one such as weather=http://127.0.0.1:3001/mcp.")]
    [InlineData("=http://127.0.0.1:1/mcp", "is not a server and its URL.")]
    [InlineData("weather=127.0.0.1:1", "--upstream weather: '127.0.0.1:1' is not an http or https URL.")]
    [InlineData("weather=http://me:secret@127.0.0.1/mcp", "--upstream weather: holds a user or a password, which are not sent to upstreams.")]
    [InlineData("weather=http://127.0.0.1:1/sse", "looks like a server of the 2024-11-05 HTTP+SSE transport")]
    public void Upstream_ThatIsWrong_IsRejectedWithTheWayOut(string text, string message)
    {
        Read(out string? why, "--upstream", text).ShouldBeNull();

        why.ShouldNotBeNull().ShouldContain(message);
        why.ShouldNotContain("secret");
    }

    [Fact]
    public void Upstream_GivenTwice_IsRejected()
    {
        Read(out string? why, "--upstream", "a=http://127.0.0.1:1/mcp", "--upstream", "A=http://127.0.0.1:2/mcp").ShouldBeNull();

        why.ShouldBe("--upstream A: is given twice. Keep one of the two.");
    }

    [Theory]
    [InlineData("wether", "--upstream: 'wether' is not the name of a server in the manifests.")]
    [InlineData("files", "--upstream: 'files' is the name of 2 servers. Write the namespace too:")]
    [InlineData("weather", null)]
    [InlineData("TOOLS.weather", null)]
    [InlineData("b.files", null)]
    public void Upstream_Name_MustBeThatOfOneServer(string name, string? message)
    {
        string? why = ManifestOptions.WhyUnused(Read(out _, "--upstream", $"{name}=http://127.0.0.1:1/mcp")!, Manifests);

        if (message is null)
        {
            why.ShouldBeNull();
        }
        else
        {
            why.ShouldNotBeNull().ShouldStartWith(message);
        }
    }

    [Fact]
    public void Options_WithoutManifests_AreRejected()
    {
        ManifestOptions.WhyUnused(Read(out _)!, ManifestNames.None).ShouldBeNull();
        ManifestOptions.WhyUnused(Read(out _, "--store", "memory")!, ManifestNames.None).ShouldNotBeNull()
            .ShouldStartWith("--upstream and --store go with manifests of ToolHive, and there are none.");
    }

    [Fact]
    public void Store_IsMemoryOrAnAddressWhosePasswordIsKeptApart()
    {
        Read(out _, "--store", "memory")!.Store.ShouldBe(StoreConfiguration.Memory);
        StoreConfiguration store = Read(out _, "--store", "redis://:secret@redis.example.com:6379/3")!.Store.ShouldNotBeNull();
        store.Redis.ShouldNotBeNull().ShouldNotContain("secret");
        store.Password.ShouldBe("secret");
        store.Database.ShouldBe(3);
        Read(out string? why, "--store", "redis.example.com:port").ShouldBeNull();
        why.ShouldNotBeNull().ShouldStartWith("--store: ");
    }

    [Fact]
    public async Task Redis_NameThatDoesNotResolve_SaysWhichOptionToAdd()
    {
        string? why = await ManifestOptions.WhyUnresolvedAsync(
            new ManifestNames([("tools.weather", "weather")], [], "redis.tools.invalid:6379"), CancellationToken.None);

        why.ShouldNotBeNull().ShouldStartWith("sessionStorage.address: 'redis.tools.invalid' is not a name that this machine can resolve. Add --store ADDRESS");
        (await ManifestOptions.WhyUnresolvedAsync(new ManifestNames([], [], "127.0.0.1:6379"), CancellationToken.None)).ShouldBeNull();
    }

    private static ReadingOptions? Read(out string? why, params string[] arguments)
    {
        ManifestOptions options = new();
        Command command = new("run");
        options.AddTo(command);
        return options.Read(command.Parse(arguments), out why);
    }
}
