using System.Diagnostics;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Mcp.Tests;

/// <summary>What the reader accepts, the parser of most MCP servers reads as the same call: that of Node.</summary>
public sealed class McpReaderPeerTests
{
    private const int Bodies = 150_000;
    private const int Seed = 20_261_123;
    private const int Size = 50;

    [Fact]
    public async Task TryRead_MutatedMessages_AreWhatNodeReads()
    {
        List<(byte[] Body, string Reading)> accepted = [.. Accepted()];
        accepted.Count.ShouldBeGreaterThan(Bodies / 50);
        using Process node = Process.Start(new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "node-reading.mjs")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }).ShouldNotBeNull();

        Task<string> readings = node.StandardOutput.ReadToEndAsync();
        foreach ((byte[] body, _) in accepted)
        {
            await node.StandardInput.WriteLineAsync(Convert.ToBase64String(body));
        }

        node.StandardInput.Close();
        string[] lines = (await readings).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await node.WaitForExitAsync();

        node.ExitCode.ShouldBe(0, "Node could not parse what was accepted.");
        lines.Length.ShouldBe(accepted.Count);
        foreach ((string line, (byte[] body, string reading)) in lines.Zip(accepted))
        {
            JsonElement.DeepEquals(Parse(line), Parse(reading)).ShouldBeTrue($"Node: {line}, here: {reading}, of {Convert.ToHexString(body)}");
        }
    }

    private static IEnumerable<(byte[] Body, string Reading)> Accepted()
    {
        foreach (MutatedMessage mutated in MutatedMessage.Any().Generator.Sample(Bodies, new Rnd(Seed), Size))
        {
            byte[] body = mutated.Body();
            if (McpReader.TryRead(body, out McpMessage? message, out _))
            {
                string? method = message.Kind == McpMessageKind.Response ? null : message.Method;
                object?[] reading = [method, message.Operation, !message.Id.IsEmpty];
                yield return (body, JsonSerializer.Serialize(reading));
            }
        }
    }

    private static JsonElement Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
