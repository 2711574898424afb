using System.Text.Json.Nodes;

namespace Sluice.Gateway.Tests;

/// <summary>Tasks of tools: each server makes ids of its own, and two may make the same.</summary>
public sealed class VirtualTaskTests
{
    private const string Related = "io.modelcontextprotocol/related-task";

    [Fact]
    public async Task Task_OfATool_IsAskedForAtTheServerThatHasIt()
    {
        await using BackendServer a = await StartAsync("a");
        await using BackendServer b = await StartAsync("b");
        await using BackendServer c = await BackendServer.StartAsync("c");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a, b, c);
        JsonObject begun = await gateway.InitializeAsync("""{"tasks":{"list":{}},"sampling":{}}""");
        begun["capabilities"]!["tasks"]!.ToJsonString().ShouldBe("""{"requests":{"tools":{"call":{}}},"cancel":{}}""");
        a.Of("initialize").Single()["params"]!["capabilities"]!.ToJsonString().ShouldBe("""{"sampling":{}}""");

        JsonObject created = await gateway.SendAsync("tools/call", """{"name":"b_echo","task":{"ttl":1.0}}""");
        created["result"]!.ToJsonString().ShouldBe("""{"task":{"taskId":"b:1","n":1.50}}""");
        b.Of("tools/call").Single()["params"]!["task"]!.ToJsonString().ShouldBe("""{"ttl":1.0}""");
        JsonObject[] got = await gateway.SendAllAsync("tasks/get", """{"taskId":"b:1"}""");
        got[0]["params"]!["taskId"]!.ToString().ShouldBe("b:1");
        got[^1]["result"]!.ToJsonString().ShouldBe("""{"taskId":"b:1","of":"b"}""");
        JsonObject result = await gateway.SendAsync("tasks/result", """{"taskId":"a:1"}""");
        result["result"]!.ToJsonString().ShouldBe($$$$"""{"taskId":"1","of":"a","_meta":{"{{{{Related}}}}":{"taskId":"a:1"}}}""");
        (await gateway.SendAsync("tasks/cancel", """{"taskId":"b:x:y"}"""))["result"].ShouldNotBeNull();
        ((string?)b.Of("tasks/cancel").Single()["params"]!["taskId"]).ShouldBe("x:y");
        ((string?)a.Of("tasks/result").Single()["params"]!["taskId"]).ShouldBe("1");
        b.Of("tasks/result").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("tasks/get", "other:1", -32602, "The virtual server 'toolkit' has no task 'other:1'.")]
    [InlineData("tasks/list", "a:1", -32601, "A virtual server does not know to which server the method 'tasks/list' goes.")]
    public async Task Task_OfNoServer_AndTheListOfAll_AreErrors(string method, string task, int code, string said)
    {
        await using BackendServer a = await StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        await gateway.InitializeAsync();
        JsonNode error = (await gateway.SendAsync(method, $$"""{"taskId":"{{task}}"}"""))["error"]!;
        ((int?)error["code"], (string?)error["message"]).ShouldBe((code, said));
    }

    [Theory]
    [InlineData("tasks/get")]
    [InlineData("tasks/result")]
    [InlineData("tasks/cancel")]
    public async Task Task_AskedForInRevision20260728_IsAnUnknownMethod(string method)
    {
        await using BackendServer a = await StartAsync("a");
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        ((int?)(await gateway.ModernAsync(method, """ "taskId":"a:1" """))["error"]!["code"]).ShouldBe(-32601);
        a.Of(method).ShouldBeEmpty();
    }

    [Fact]
    public async Task Extension_OfAClientOf20260728_IsNotSaidToBackends()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        a.Eras = ServerEras.Modern;
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        await gateway.ModernAsync(
            "tools/call", """ "name":"a_echo" """, capabilities: """{"extensions":{"io.modelcontextprotocol/tasks":{},"x/y":{}}}""");
        BackendServer.MetaOf(a.Of("tools/call").Single())!["io.modelcontextprotocol/clientCapabilities"]!.ToJsonString()
            .ShouldBe("""{"extensions":{"x/y":{}}}""");
    }

    [Fact]
    public async Task Result_WithAMemberOfThatName_OfAServerWithoutTasks_IsAsItWas()
    {
        await using BackendServer a = await BackendServer.StartAsync("a");
        a.Override = async (context, message) =>
        {
            bool isCall = (string?)message["method"] == "tools/call";
            await (isCall ? BackendServer.JsonAsync(context, BackendServer.Result(message["id"], """{"task":{"taskId":"1"},"taskId":"1"}""")) : Task.CompletedTask);
            return isCall;
        };
        await using VirtualGateway gateway = await VirtualGateway.StartAsync("", a);
        await gateway.InitializeAsync();
        (await gateway.CallAsync("a_echo"))["result"]!.ToJsonString().ShouldBe("""{"task":{"taskId":"1"},"taskId":"1"}""");
    }

    private static async Task<BackendServer> StartAsync(string name)
    {
        BackendServer server = await BackendServer.StartAsync(name);
        server.Capabilities = """{"tools":{},"tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}}""";
        server.Override = async (context, message) =>
        {
            string? result = (string?)message["method"] switch
            {
                "tools/call" => """{"task":{"taskId":"1","n":1.50}}""",
                "tasks/get" or "tasks/cancel" => $$"""{"taskId":"1","of":"{{name}}"}""",
                "tasks/result" => $$$$"""{"taskId":"1","of":"{{{{name}}}}","_meta":{"{{{{Related}}}}":{"taskId":"1"}}}""",
                _ => null,
            };
            if (result is null)
            {
                return false;
            }

            if ((string?)message["method"] == "tasks/get")
            {
                await BackendServer.EventsAsync(
                    context, """{"jsonrpc":"2.0","method":"notifications/tasks/status","params":{"taskId":"1"}}""", BackendServer.Result(message["id"], result));
            }
            else
            {
                await BackendServer.JsonAsync(context, BackendServer.Result(message["id"], result));
            }

            return true;
        };
        return server;
    }
}
