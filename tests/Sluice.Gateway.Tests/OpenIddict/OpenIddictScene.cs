namespace Sluice.Gateway.Tests;

/// <summary>An authorization server and an MCP server, for all tests of a class.</summary>
public sealed class OpenIddictScene : IAsyncLifetime
{
    internal OpenIddictIssuer Issuer { get; private set; } = null!;

    internal DemoServer Server { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Issuer = await OpenIddictIssuer.StartAsync();
        Server = await DemoServer.StartAsync(TimeProvider.System, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await Issuer.DisposeAsync();
    }
}
