using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Sluice.EndToEnd;

/// <summary><c>sluice run --stdio</c>, as a desktop client starts it.</summary>
public sealed class StdioRunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-stdio-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Everything_CSharpClient_IsServedAndRefused()
    {
        await using McpClient client = await McpClient.CreateAsync(new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = "dotnet",
            Arguments = [Repository.Gateway, "run", "--stdio", "--limit", "100/1d", "--limit", "echo=1/1d", "--", "node", Repository.Everything, "stdio"],
        }));

        CallToolResult first = await client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "hi" });
        McpProtocolException rejection = await Should.ThrowAsync<McpProtocolException>(
            async () => await client.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = "again" }));

        first.Content.OfType<TextContentBlock>().First().Text.ShouldBe("Echo: hi");
        ((int)rejection.ErrorCode).ShouldBe(429);
        rejection.Message.ShouldContain("Rate limit exceeded: perUser limit on tool 'echo', retry in ");
        rejection.Data["limit"].ShouldBe("echo/perUser");
        (await client.ListToolsAsync()).Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task Everything_InspectorWithADesktopClientsFile_IsServed()
    {
        string[] arguments =
        [
            Repository.Gateway, "run", "--stdio", Limits("rateLimiting: { perUser: 10/1d }"), "--", "node", Repository.Everything, "stdio",
        ];
        string file = Path.Combine(_folder.FullName, "desktop.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new
        {
            mcpServers = new { limited = new { command = "dotnet", args = arguments } },
        }));

        ProgramResult result = await Callers.InspectorOverStdioAsync(
            file, "limited", "--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hi");

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldContain("Echo: hi");
    }

    [Fact]
    public async Task Output_WhateverComes_IsNothingButMessages()
    {
        await using ChildProcess sluice = StartOdd("--limit", "echo=1/1d");
        string[] lines =
        [
            Call(1, "echo"), "nonsense", "", "[]", """{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"a","name":"echo"}}""",
            """{"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}""", Call(3, "echo"), Call(4, "garbage"), Call(5, "flood"),
        ];
        foreach (string line in lines)
        {
            sluice.WriteLine(line);
        }

        await sluice.WaitForLineAsync(line => line.Contains("flooded", StringComparison.Ordinal));
        sluice.CloseInput();
        ProgramResult result = await sluice.WaitForExitAsync();

        result.ExitCode.ShouldBe(0);
        JsonElement[] messages =
        [
            .. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
        ];
        messages.ShouldAllBe(message => message.GetProperty("jsonrpc").GetString() == "2.0");
        CodeOf(messages, 2).ShouldBe(-32600);
        CodeOf(messages, 3).ShouldBe(429);
        messages.Count(message => !message.TryGetProperty("id", out _)).ShouldBe(2); // Nonsense and the batch; a notification gets no answer.
        messages.Count(message => message.TryGetProperty("result", out _)).ShouldBe(4); // 1, 4, 5, and one without a request.
        result.Error.ShouldContain("that is not a JSON-RPC message: Starting up ...");
    }

    [Theory]
    [InlineData("toolResult", "\"isError\":true")]
    [InlineData("http429", "\"error\":{\"code\":429")]
    [InlineData("jsonrpc", "\"error\":{\"code\":429")]
    public async Task Rejection_InTheFormThatIsSet_HasTheIdAsItCame(string form, string expected)
    {
        await using ChildProcess sluice = StartOdd(Limits($"rateLimiting: {{ perUser: 1/1d, rejection: {form} }}"));
        sluice.WriteLine(Call(1, "echo"));
        sluice.WriteLine("""{"jsonrpc":"2.0","id":"\u0061 1","method":"tools/call","params":{"name":"echo"}}""");

        string rejection = await sluice.WaitForLineAsync(line => line.Contains("Rate limit exceeded", StringComparison.Ordinal));

        rejection.ShouldStartWith("""{"jsonrpc":"2.0","id":"\u0061 1",""");
        rejection.ShouldContain(expected);
    }

    [Fact]
    public async Task Call_BeyondAPermissiveLimit_IsServedAndReportedOnStandardError()
    {
        await using ChildProcess sluice = StartOdd(Limits("rateLimiting: { perUser: 1/1d, mode: permissive }"));
        sluice.WriteLine(Call(1, "echo"));
        sluice.WriteLine(Call(2, "echo"));

        await sluice.WaitForLineAsync(line => line.EndsWith("\"id\":2}", StringComparison.Ordinal));
        sluice.CloseInput();
        ProgramResult result = await sluice.WaitForExitAsync();

        result.Error.ShouldContain("The permissive limit 'perUser' of ");
        result.Error.ShouldContain(" would have rejected 1 calls since the last report.");
        result.Output.ShouldNotContain("Rate limit exceeded");
    }

    [Fact]
    public async Task Server_OfAGatewayFile_NeedsNoCommand()
    {
        await using ChildProcess sluice = ChildProcess.StartWithInput(
            "dotnet", Repository.Gateway, "run", "--stdio", Limits(
                $"servers: [ {{ name: odd, upstream: {{ command: dotnet, args: ['{Repository.OddServer}', odd-server] }}, rateLimiting: {{ shared: 1/1d }} }} ]"));
        sluice.WriteLine(Call(1, "echo"));

        await sluice.WaitForLineAsync(line => line.Contains("\"result\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Input_EndsWithACallInFlight_ItsAnswerComes()
    {
        string file = Path.Combine(_folder.FullName, "signal");
        await using ChildProcess sluice = StartOdd("--limit", "100/1d");
        sluice.WriteLine(Call(1, "echo"));
        sluice.WriteLine(
            $$$$"""{"jsonrpc":"2.0","id":"w","method":"tools/call","params":{"name":"wait-for-file","arguments":{"path":{{{{JsonSerializer.Serialize(file)}}}}}}}""");
        await sluice.WaitForLineAsync(line => line.EndsWith("\"id\":1}", StringComparison.Ordinal));

        sluice.CloseInput();
        File.WriteAllText(file, "");
        ProgramResult result = await sluice.WaitForExitAsync();

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldContain("\"text\":\"found\"}]},\"jsonrpc\":\"2.0\",\"id\":\"w\"}");
    }

    [Fact]
    public async Task Input_EndsWithACallThatTakesTooLong_ItGetsAnErrorWithItsId()
    {
        await using ChildProcess sluice = ChildProcess.StartWithInput(
            "dotnet", Repository.Gateway, "run", "--stdio", Limits(
                $"servers: [ {{ name: odd, timeout: 1s, upstream: {{ command: dotnet, args: ['{Repository.OddServer}', odd-server] }} }} ]"));
        sluice.WriteLine(Call(1, "hang"));
        sluice.WriteLine(Call(2, "echo"));
        await sluice.WaitForLineAsync(line => line.EndsWith("\"id\":2}", StringComparison.Ordinal)); // The server may start slowly.
        sluice.CloseInput();

        ProgramResult result = await sluice.WaitForExitAsync();

        result.Output.ShouldContain("""{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"The server did not answer: its answer did not come within 1 s of the end of the input."}}""");
    }

    [Fact]
    public async Task Input_EndsWhileTheServerAsksItsClient_TheServerGetsAnErrorAndAnswers()
    {
        await using ChildProcess sluice = StartOdd("--limit", "100/1d");
        sluice.WriteLine(Call(1, "ask"));
        await sluice.WaitForLineAsync(line => line.Contains("sampling/createMessage", StringComparison.Ordinal));

        sluice.CloseInput();
        ProgramResult result = await sluice.WaitForExitAsync();

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldContain("The client has closed its input.");
        result.Output.ShouldContain("\"jsonrpc\":\"2.0\",\"id\":1}");
    }

    [Fact]
    public async Task Server_DiesWithCallsInFlight_EachGetsAnErrorWithItsId()
    {
        await using ChildProcess sluice = StartOdd("--limit", "100/1d");
        sluice.WriteLine(Call(1, "hang"));
        sluice.WriteLine(Call(2, "die"));

        ProgramResult result = await sluice.WaitForExitAsync();

        result.ExitCode.ShouldBe(3);
        foreach (int id in new[] { 1, 2 })
        {
            result.Output.ShouldContain(
                $$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":-32603,"message":"The server did not answer: its process ended with exit code 3."}}""");
        }
    }

    [Theory]
    [InlineData("marks", "1")]
    [InlineData("floats", "1")]
    [InlineData("", "1.0")]
    public async Task Messages_WithByteOrderMarksOrFloatIds_AreAnswered(string manner, string id)
    {
        await using ChildProcess sluice = StartOdd(["--limit", "100/1d"], manner);
        sluice.WriteLine("\uFEFF" + $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"echo"}}""");

        await sluice.WaitForLineAsync(line => line.EndsWith($"\"id\":{id}}}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":null,"result":{}}""", "not a JSON-RPC message with the id of a request")]
    [InlineData("""{"jsonrpc":"2.0","id":ID,"result":{"x":NaN}}""", "not a JSON-RPC message with the id of a request")]
    [InlineData("""{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}""", "Parse error")]
    public async Task Answer_Unreadable_FailsItsCallAtOnce(string line, string expected)
    {
        await using ChildProcess sluice = StartOdd("--limit", "100/1d");
        sluice.WriteLine(
            $$$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","arguments":{"line":{{{{JsonSerializer.Serialize(line)}}}}}}}""");

        string answer = await sluice.WaitForLineAsync(line => line.StartsWith("""{"jsonrpc":"2.0","id":1,"error":""", StringComparison.Ordinal));

        answer.ShouldContain(expected);
    }

    [Fact]
    public async Task Answer_LargerThanTheBound_FailsItsCallAtOnce()
    {
        await using ChildProcess sluice = StartOdd("--limit", "100/1d");
        sluice.WriteLine(Call(1, "huge"));

        string answer = await sluice.WaitForLineAsync(line => line.StartsWith("""{"jsonrpc":"2.0","id":1,"error":""", StringComparison.Ordinal));

        answer.ShouldContain("its answer is too large");
    }

    [Fact]
    public async Task Server_ThatDies_EndsTheProgramWithItsExitCode()
    {
        await using ChildProcess sluice = StartOdd("--limit", "100/1d");
        sluice.WriteLine(Call(1, "die"));

        (await sluice.WaitForExitAsync()).ExitCode.ShouldBe(3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("stays")]
    public async Task Interrupt_EndsTheServerAndItsChildren(string manner)
    {
        await using ChildProcess sluice = StartOdd(["--limit", "100/1d"], manner);
        sluice.WriteLine(Call(1, "pid"));
        int server = Processes.IdIn(await sluice.WaitForLineAsync(line => line.EndsWith("\"id\":1}", StringComparison.Ordinal)));
        sluice.WriteLine(Call(2, "fork"));
        int child = Processes.IdIn(await sluice.WaitForLineAsync(line => line.EndsWith("\"id\":2}", StringComparison.Ordinal)));

        sluice.Interrupt();

        await sluice.WaitForExitAsync();
        await Processes.GoneAsync(server);
        await Processes.GoneAsync(child);
    }

    [Fact]
    public async Task Terminate_WithACallInFlight_ItsAnswerComesAndLaterCallsAreRejected()
    {
        string file = Path.Combine(_folder.FullName, "signal");
        await using ChildProcess sluice = StartOdd("--limit", "100/1d");
        sluice.WriteLine(Call(1, "echo"));
        sluice.WriteLine(
            $$$$"""{"jsonrpc":"2.0","id":"w","method":"tools/call","params":{"name":"wait-for-file","arguments":{"path":{{{{JsonSerializer.Serialize(file)}}}}}}}""");
        await sluice.WaitForLineAsync(line => line.EndsWith("\"id\":1}", StringComparison.Ordinal));

        sluice.HangUp();
        await sluice.WaitForLineAsync(line => line.Contains("SIGHUP was ignored", StringComparison.Ordinal));
        sluice.Terminate();
        await WaitForRejectionAsync(sluice);
        File.WriteAllText(file, "");
        ProgramResult result = await sluice.WaitForExitAsync();

        result.Output.ShouldContain("\"text\":\"found\"}]},\"jsonrpc\":\"2.0\",\"id\":\"w\"}");
    }

    [Fact]
    public async Task Terminate_Twice_CallsInFlightGetAnErrorWithTheirIds()
    {
        await using ChildProcess sluice = StartOdd(["--limit", "100/1d"], "stays");
        sluice.WriteLine(Call(1, "pid"));
        int server = Processes.IdIn(await sluice.WaitForLineAsync(line => line.EndsWith("\"id\":1}", StringComparison.Ordinal)));
        sluice.WriteLine(Call(2, "hang"));
        sluice.WriteLine(Call(3, "echo"));
        await sluice.WaitForLineAsync(line => line.EndsWith("\"id\":3}", StringComparison.Ordinal));

        sluice.Terminate();
        await WaitForRejectionAsync(sluice);
        sluice.Terminate();
        ProgramResult result = await sluice.WaitForExitAsync();

        result.Output.ShouldContain("""{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"The server did not answer: Sluice was told to stop."}}""");
        await Processes.GoneAsync(server);
    }

    [Fact]
    public async Task Server_ThatStaysWhenItsInputEnds_IsEnded()
    {
        await using ChildProcess sluice = StartOdd(["--limit", "100/1d"], "stays");
        sluice.WriteLine(Call(1, "fork"));
        int child = Processes.IdIn(await sluice.WaitForLineAsync(line => line.EndsWith("\"id\":1}", StringComparison.Ordinal)));

        sluice.CloseInput();

        (await sluice.WaitForExitAsync()).ExitCode.ShouldNotBe(0);
        await Processes.GoneAsync(child);
    }

    [Fact]
    public async Task Server_ThatDoesNotExist_IsSaidOnStandardErrorAlone()
    {
        ProgramResult result = await SluiceProgram.RunAsync("run", "--stdio", "--limit", "1/s", "--", "no-such-server");

        result.ShouldBe(new ProgramResult(1, "", "sluice: 'no-such-server' cannot be started: no program 'no-such-server' is on the PATH.\n"));
    }

    [Theory]
    [InlineData("x=1/s", "--limit: ")]
    [InlineData("5", "--limit: ")]
    [InlineData("=1/s", "--limit: ")]
    public async Task Limit_Wrong_IsSaidOnStandardErrorAlone(string limit, string expected)
    {
        string[] twice = limit == "x=1/s" ? ["--limit", limit] : [];

        ProgramResult result = await SluiceProgram.RunAsync(["run", "--stdio", "--limit", limit, .. twice, "--", "server"]);

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Output.ShouldBeEmpty();
        result.Error.ShouldContain(expected);
    }

    /// <summary>Sends calls until one is rejected, because a signal takes effect at some later time.</summary>
    private static async Task WaitForRejectionAsync(ChildProcess sluice)
    {
        for (int id = 1_000; !sluice.Captured().Contains("Sluice was told to stop", StringComparison.Ordinal); id++)
        {
            id.ShouldBeLessThan(3_000, sluice.Captured());
            sluice.WriteLine($$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"ping"}""");
            await Task.Delay(20);
        }
    }

    private static ChildProcess StartOdd(params IEnumerable<string> options) => StartOdd(options, "");

    private static ChildProcess StartOdd(IEnumerable<string> options, string manner) => ChildProcess.StartWithInput(
        "dotnet", [Repository.Gateway, "run", "--stdio", .. options, "--", "dotnet", Repository.OddServer, "odd-server", manner]);

    private static string Call(int id, string tool) =>
        $$$"""{"jsonrpc":"2.0","id":{{{id}}},"method":"tools/call","params":{"name":"{{{tool}}}"}}""";

    private static int CodeOf(JsonElement[] messages, int id) => messages
        .Single(message => message.TryGetProperty("id", out JsonElement its) && its.ValueKind == JsonValueKind.Number && its.GetInt32() == id)
        .GetProperty("error").GetProperty("code").GetInt32();

    private string Limits(string text)
    {
        string file = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.yaml");
        File.WriteAllText(file, text);
        return file;
    }
}
