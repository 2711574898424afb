using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary>The commands that ask a running gateway, as an operator calls them.</summary>
public sealed partial class AdminCommandTests
{
    private const string Token = "0123456789-admin-token";
    private const string Limits = "{ perUser: 2/1h, tools: [ { name: echo, shared: 100/1m } ] }";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commands_AgainstAGateway_TellAndResetWhatItDoes(bool overRedis)
    {
        using RedisServer? redis = overRedis ? RedisServer.Start() : null;
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            SluiceProgram.Configuration(await upstream.ServerEndpointAsync(), Limits)
            + $"\nadmin: {{ listen: 'http://127.0.0.1:0', token: {Token} }}\ndecisionIds: true\n"
            + (redis is null ? "" : $"store: {{ redis: '{redis.Configuration}', timeout: 5s }}\n"));
        string admin = (await gateway.AdminAsync()).GetLeftPart(UriPartial.Authority);
        using HttpClient http = new();
        string rejection = "";
        for (int call = 0; call < 3; call++)
        {
            rejection = await EchoCalls.PostAsync(http, gateway.Endpoint, "alice", call);
        }

        EchoCalls.IsRefused(rejection).ShouldBeTrue(rejection);
        string id = DecisionId().Match(rejection).Groups[1].Value;

        ProgramResult status = await RunAsync(admin, Token, "status");
        status.ExitCode.ShouldBe(0, status.ToString());
        status.Output.ShouldContain("2 allowed");
        status.Output.ShouldContain("1 rejected");
        status.Output.ShouldContain(overRedis ? "redis, available" : "memory, available");
        status.Output.ShouldNotContain("\u001b"); // No colours for a pipe.

        ProgramResult limits = await RunAsync(admin, Token, "limits", "--json");
        JsonDocument.Parse(limits.Output).RootElement.GetProperty("limits")[0].GetProperty("refused").GetInt32().ShouldBe(1);
        (await RunAsync(admin, Token, "limits", "--limit", "perUser")).Output.ShouldContain("2 per 1h, token bucket");

        ProgramResult why = await RunAsync(admin, Token, "why", id);
        why.Output.ShouldContain("rejected by perUser");
        why.Output.ShouldNotContain("alice");

        JsonElement buckets = await BucketsAsync(http, admin);
        buckets.GetProperty("complete").GetBoolean().ShouldBe(!overRedis);
        buckets.GetProperty("buckets")[0].GetProperty("limit").GetString().ShouldBe("perUser");
        buckets.GetProperty("buckets")[0].GetProperty("level").GetInt32().ShouldBe(0);

        ProgramResult unasked = await RunAsync(admin, Token, "reset", "--server", "everything", "--user", "alice");
        unasked.ExitCode.ShouldBe(1);
        unasked.Error.ShouldContain("Add --yes");
        ProgramResult reset = await RunAsync(admin, Token, "reset", "--server", "everything", "--user", "alice", "--yes");
        reset.ShouldBe(new ProgramResult(0, "Reset 1 limit: perUser\n", ""));
        EchoCalls.IsAdmitted(await EchoCalls.PostAsync(http, gateway.Endpoint, "alice", 9)).ShouldBeTrue();

        if (redis is not null)
        {
            redis.Kill();
            ProgramResult failed = await RunAsync(admin, Token, "reset", "--server", "everything", "--user", "alice", "--yes");
            failed.ExitCode.ShouldBe(1);
            failed.Output.ShouldBeEmpty();
            failed.Error.ShouldContain("Redis did not confirm the reset of buckets of 'everything'");
        }
    }

    [Fact]
    public async Task Commands_WithoutTheToken_SayWhichVariableToSet()
    {
        await using SluiceProgram gateway = await SluiceProgram.StartAsync(
            SluiceProgram.Configuration("http://127.0.0.1:1/mcp", Limits) + $"\nadmin: {{ listen: 'http://127.0.0.1:0', token: {Token} }}\n");
        string admin = (await gateway.AdminAsync()).GetLeftPart(UriPartial.Authority);

        ProgramResult without = await RunAsync(admin, "", "status");
        without.ExitCode.ShouldBe(1);
        without.Error.ShouldContain("asks for a token. Set SLUICE_ADMIN_TOKEN");
        ProgramResult wrong = await RunAsync(admin, "wrong", "status");
        wrong.ExitCode.ShouldBe(1);
        wrong.Error.ShouldContain("does not accept the token in SLUICE_ADMIN_TOKEN");
        ProgramResult elsewhere = await RunAsync(gateway.Endpoint.GetLeftPart(UriPartial.Authority), Token, "status");
        elsewhere.ExitCode.ShouldBe(1);
        elsewhere.Error.ShouldContain("is not the admin address of a gateway");
    }

    [Fact]
    public async Task Commands_NoGatewayAnswers_SayHowToOpenAnAdminAddress()
    {
        ProgramResult result = await RunAsync("http://127.0.0.1:1", "", "status");

        result.ExitCode.ShouldBe(1);
        result.Error.ShouldContain("no gateway answers at http://127.0.0.1:1. Start one with an admin address in its file");
    }

    [Theory]
    [InlineData("status", "--admin", "nowhere", "--admin: 'nowhere' is not the address of a gateway")]
    [InlineData("status", "--admin", "http://user:secret@127.0.0.1:1", "is not the address of a gateway")]
    [InlineData("reset", "--server", "a", "the caller is missing. Add --user")]
    public async Task Commands_WrongCommandLine_ExitWithTwo(string command, string option, string value, string message)
    {
        ProgramResult result = await SluiceProgram.RunAsync(command, option, value);

        result.ExitCode.ShouldBe(2, result.ToString());
        result.Error.ShouldContain(message);
    }

    [GeneratedRegex("\"decisionId\":\"([^\"]+)\"")]
    private static partial Regex DecisionId();

    private static Task<ProgramResult> RunAsync(string admin, string token, params string[] arguments) => ChildProcess.RunAsync(
        "env", [$"SLUICE_ADMIN={admin}", $"SLUICE_ADMIN_TOKEN={token}", "dotnet", Repository.Gateway, .. arguments]);

    private static async Task<JsonElement> BucketsAsync(HttpClient http, string admin)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, $"{admin}/api/v1/buckets");
        request.Headers.Authorization = new("Bearer", Token);
        using HttpResponseMessage response = await http.SendAsync(request);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }
}
