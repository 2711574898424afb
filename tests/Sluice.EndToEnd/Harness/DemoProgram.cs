using System.Text.RegularExpressions;

namespace Sluice.EndToEnd;

/// <summary><c>sluice demo</c> on a free port.</summary>
internal sealed partial class DemoProgram : IAsyncDisposable
{
    private DemoProgram(ChildProcess process, Uri endpoint)
    {
        Process = process;
        Endpoint = endpoint;
    }

    internal ChildProcess Process { get; }

    internal Uri Endpoint { get; }

    internal static Task<DemoProgram> StartAsync() => StartAsync(new Dictionary<string, string>());

    internal static async Task<DemoProgram> StartAsync(IReadOnlyDictionary<string, string> variables)
    {
        ChildProcess process = ChildProcess.Start("dotnet", variables, Repository.Gateway, "demo", "--port", "0");
        string line = await process.WaitForLineAsync(text => text.TrimStart().StartsWith("gateway ", StringComparison.Ordinal));
        await process.WaitForLineAsync(text => text.StartsWith("time ", StringComparison.Ordinal));
        return new DemoProgram(process, new Uri(Address().Match(line).Value));
    }

    /// <summary>Where the demo's own MCP server answers, without limits.</summary>
    internal async Task<Uri> ServerEndpointAsync()
    {
        string line = await Process.WaitForLineAsync(text => text.TrimStart().StartsWith("MCP server ", StringComparison.Ordinal));
        return new Uri(Address().Match(line).Value);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    [GeneratedRegex(@"http://\S+/mcp")]
    private static partial Regex Address();
}
