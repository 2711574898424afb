namespace Sluice.EndToEnd;

/// <summary>Our own MCP server, of both eras, with the names that the conformance suite calls; shared by the tests of one class.</summary>
public sealed class ConformanceServer : IAsyncLifetime
{
    /// <summary>A tool without arguments, of both eras, that answers with text.</summary>
    internal const string Tool = "test_simple_text";

    /// <summary>What that tool answers.</summary>
    internal const string Text = "This is a simple text response for testing.";

    /// <summary>A tool without arguments, of both eras, with an <c>outputSchema</c>.</summary>
    internal const string StructuredTool = "structured_text";

    private ChildProcess? _process;

    internal Uri Endpoint { get; private set; } = new("http://127.0.0.1/");

    public async Task InitializeAsync()
    {
        const string Ready = "listening on ";
        _process = ChildProcess.Start(ConformanceSuite.Node, Path.Combine(Repository.ConformanceFolder, "server", "main.mjs"));
        string line = await _process.WaitForLineAsync(text => text.StartsWith(Ready, StringComparison.Ordinal));
        Endpoint = new Uri(line[Ready.Length..]);
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }
}
