using System.Globalization;
using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>Lists of a backend that have many pages, no end, or many entries.</summary>
public sealed class VirtualLongListTests : IAsyncLifetime
{
    private BackendServer _good = null!;
    private BackendServer _bad = null!;

    public async Task InitializeAsync()
    {
        _good = await BackendServer.StartAsync("good");
        _bad = await BackendServer.StartAsync("bad");
    }

    public async Task DisposeAsync()
    {
        await _good.DisposeAsync();
        await _bad.DisposeAsync();
    }

    [Fact]
    public async Task List_OfTwoHundredPages_IsReadToItsEnd_AndOfMoreIsCut()
    {
        int last = 199;
        _bad.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/list")
            {
                return false;
            }

            int page = int.Parse((string?)message["params"]?["cursor"] ?? "0", CultureInfo.InvariantCulture);
            string next = page < last ? $",\"nextCursor\":\"{page + 1}\"" : "";
            await BackendServer.JsonAsync(context, BackendServer.Result(message["id"], $$"""{"tools":[{"name":"t{{page}}"}]{{next}}}"""));
            return true;
        };
        await using (VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good))
        {
            await gateway.InitializeAsync();
            ((await gateway.ListAsync("tools")).Length).ShouldBe(201);
        }

        last = int.MaxValue;
        await using (VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good))
        {
            CapturedLog log = gateway.Gateway.Capture();
            await gateway.InitializeAsync();
            ((await gateway.ListAsync("tools")).Length).ShouldBe(201);
            log.Lines.Count(line => line.EndsWith("it has more than 200 pages.", StringComparison.Ordinal)).ShouldBe(1);
        }
    }

    [Fact]
    public async Task List_ThatGoesRound_IsReadOnce()
    {
        _bad.Override = async (context, message) =>
        {
            if ((string?)message["method"] != "tools/list")
            {
                return false;
            }

            string cursor = (string?)message["params"]?["cursor"] == "a" ? "b" : "a";
            await BackendServer.JsonAsync(context, BackendServer.Result(message["id"], $$"""{"tools":[{"name":"to-{{cursor}}"}],"nextCursor":"{{cursor}}"}"""));
            return true;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        CapturedLog log = gateway.Gateway.Capture();
        await gateway.InitializeAsync();
        ((await gateway.ListAsync("tools"))[^1]).ShouldBe("good_echo");
        _bad.Of("tools/list").Length.ShouldBe(3);
        log.Lines.Count(line => line.EndsWith("it gave the same cursor twice.", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task List_OfFiveThousandTools_ComesInPagesWithTheFrontsOwnCursor()
    {
        _bad.Tools = [.. Enumerable.Range(0, 5_000).Select(index => $"t{index}")];
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", _bad, _good);
        await gateway.InitializeAsync();
        List<string> all = [];
        string? cursor = null;
        int pages = 0;
        do
        {
            JsonObject answer = await gateway.SendAsync("tools/list", cursor is null ? null : $$"""{"cursor":"{{cursor}}"}""");
            all.AddRange(answer["result"]!["tools"]!.AsArray().Select(tool => (string)tool!["name"]!));
            cursor = (string?)answer["result"]!["nextCursor"];
            pages++;
        }
        while (cursor is not null);
        pages.ShouldBe(6);
        all.ShouldBe([.. _bad.Tools.Select(tool => $"bad_{tool}"), "good_echo"]);
        JsonObject foreign = await gateway.SendAsync("tools/list", """{"cursor":"bad-one"}""");
        ((int?)foreign["error"]!["code"]).ShouldBe(-32602);
    }
}
