using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Sluice.Gateway.Tests;

/// <summary>
/// Why <see cref="FetchedKeys"/> decides when to ask an issuer, and not the library's <see cref="ConfigurationManager{T}"/>. If one of
/// these fails after an update of the library, decision 16 is to be taken again.
/// </summary>
public sealed class ConfigurationManagerTests
{
    private const string Metadata = "https://issuer.example/metadata";
    private const string Document = "{\"issuer\":\"https://issuer.example\"}";

    [Fact]
    public async Task Manager_AskedForNewKeys_AnswersTheOldOnesWithoutWaiting()
    {
        TaskCompletionSource<string> second = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int asked = 0;
        ConfigurationManager<OpenIdConnectConfiguration> manager = Create(
            () => Interlocked.Increment(ref asked) == 1 ? Task.FromResult(Document) : second.Task);
        OpenIdConnectConfiguration first = await manager.GetConfigurationAsync(default);

        manager.RequestRefresh();
        OpenIdConnectConfiguration next = await manager.GetConfigurationAsync(default);

        next.ShouldBeSameAs(first, "a token with a new key would be refused, although its issuer was asked");
        second.SetResult(Document);
    }

    [Fact]
    public async Task Manager_WhoseIssuerIsAway_AsksItOnceForEachCaller()
    {
        const int Callers = 20;
        int asked = 0;
        ConfigurationManager<OpenIdConnectConfiguration> manager = Create(() =>
        {
            Interlocked.Increment(ref asked);
            return Task.FromException<string>(new IOException("away"));
        });

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ =>
            Should.ThrowAsync<InvalidOperationException>(() => Task.Run(() => manager.GetConfigurationAsync(default)))));

        asked.ShouldBe(Callers, "each waits for those before it, and for its own time-out after them");
    }

    [Fact]
    public void Manager_TakesNoClock() => typeof(ConfigurationManager<OpenIdConnectConfiguration>).GetConstructors()
        .SelectMany(constructor => constructor.GetParameters())
        .ShouldNotContain(parameter => parameter.ParameterType == typeof(TimeProvider));

    private static ConfigurationManager<OpenIdConnectConfiguration> Create(Func<Task<string>> answer) =>
        new(Metadata, new OpenIdConnectConfigurationRetriever(), new FixedDocuments(answer));

    private sealed class FixedDocuments(Func<Task<string>> answer) : IDocumentRetriever
    {
        public Task<string> GetDocumentAsync(string address, CancellationToken cancel) => answer();
    }
}
