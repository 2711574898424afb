using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Sluice.Kubernetes.Tests.Api;

namespace Sluice.Kubernetes.Tests.Running;

/// <summary>A gateway whose settings are a <c>Gateway</c> and its Secrets.</summary>
public sealed class GatewayObjectTests : IAsyncLifetime
{
    private const string Path = "/tools.weather/mcp";
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow()); // Certificates are valid by it.
    private ApiServerDouble _server = null!;
    private RunningGateway _gateway = null!;

    public async Task InitializeAsync()
    {
        _server = await ApiServerDouble.StartAsync();
        _gateway = await RunningGateway.CreateAsync();
        Serve("tools");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task ApiKeysOfASecret_AreThoseThatAreAccepted_AndARotatedSecretIsReadAgain()
    {
        Set(new JsonObject { ["auth"] = new JsonObject { ["apiKeysRef"] = Reference("keys", "keys.yaml") } });
        Keys("old-key-0123456789");
        await StartAsync();

        (await _gateway.CallAsync(Path, "old-key-0123456789")).ShouldBe(200);
        (await _gateway.CallAsync(Path, "new-key-0123456789")).ShouldBe(401);

        Keys("new-key-0123456789");
        await MovedUntilAsync(async () => await _gateway.CallAsync(Path, "new-key-0123456789") == 200);

        (await _gateway.CallAsync(Path, "old-key-0123456789")).ShouldBe(401);
        _server.Requests.Where(request => request.Plural == "secrets").ShouldAllBe(request => request.Verb == "get");
    }

    [Fact]
    public async Task SecretThatIsMissing_IsNamedInTheStatus_AndTheGatewayStartsOnceItIsThere()
    {
        Set(new JsonObject { ["auth"] = new JsonObject { ["apiKeysRef"] = Reference("keys", "keys.yaml") } });
        Task starting = StartAsync();
        await ConditionAsync("ResolvedRefs", "False", "SecretNotFound", "spec.auth.apiKeysRef: there is no Secret 'keys' in this namespace. Create it.");
        starting.IsCompleted.ShouldBeFalse();

        _server.Set("secrets", "default", "keys", new JsonObject { ["other"] = "x" });
        await MovedUntilAsync(() => Task.FromResult(Message("ResolvedRefs") == "spec.auth.apiKeysRef: the Secret 'keys' has no key 'keys.yaml'. Add it."));
        Keys("key-0123456789");

        await MovedUntilAsync(() => Task.FromResult(starting.IsCompleted));
        await starting;
        (await _gateway.CallAsync(Path, "key-0123456789")).ShouldBe(200);
        await ConditionAsync("Programmed", "True", "Programmed", "Calls are decided by generation 1.");
    }

    [Fact]
    public async Task SecretThatIsDeleted_StaysInUse_AndIsNamedInTheStatus()
    {
        Set(new JsonObject { ["auth"] = new JsonObject { ["apiKeysRef"] = Reference("keys", "keys.yaml") } });
        Keys("key-0123456789");
        await StartAsync();
        await ConditionAsync("ResolvedRefs", "True", "ResolvedRefs", "");

        _server.Delete("secrets", "default", "keys");
        await MovedUntilAsync(() => Task.FromResult(Message("ResolvedRefs")!.Contains("there is no Secret 'keys'", StringComparison.Ordinal)));

        (await _gateway.CallAsync(Path, "key-0123456789")).ShouldBe(200);
    }

    [Fact]
    public async Task CertificateOfASecret_IsServed_AndARotatedOneToo()
    {
        string first = Certificate();
        Set(new JsonObject { ["listen"] = "https://127.0.0.1:0", ["tls"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "tls" } } });
        await StartAsync();
        (await ThumbprintAsync()).ShouldBe(first);

        string second = Certificate();
        await MovedUntilAsync(async () => await ThumbprintAsync() == second);
    }

    [Fact]
    public async Task CertificateThatIsNone_IsNamedInTheStatus()
    {
        _server.Set("secrets", "default", "tls", new JsonObject { ["tls.crt"] = "x", ["tls.key"] = "secret-of-the-key" });
        Set(new JsonObject { ["listen"] = "https://127.0.0.1:0", ["tls"] = new JsonObject { ["secretRef"] = new JsonObject { ["name"] = "tls" } } });
        Task starting = StartAsync();

        await ConditionAsync("ResolvedRefs", "False", "SecretNotFound", "spec.tls.secretRef: the Secret 'tls' has no certificate with its key:");
        Message("ResolvedRefs")!.ShouldNotContain("secret-of-the-key");
        Certificate();
        await MovedUntilAsync(() => Task.FromResult(starting.IsCompleted));
        await starting;
    }

    [Fact]
    public async Task Namespaces_AreThoseThatAreServed_AndMayChange()
    {
        Serve("other");
        Set(new JsonObject { ["namespaces"] = new JsonArray("tools") });
        await StartAsync();
        (await _gateway.CallAsync(Path)).ShouldBe(RunningGateway.Admitted);
        (await _gateway.CallAsync("/other.weather/mcp")).ShouldBe("404");

        Set(new JsonObject { ["namespaces"] = new JsonArray("other") });
        await MovedUntilAsync(async () => await _gateway.CallAsync("/other.weather/mcp") == RunningGateway.Admitted);

        (await _gateway.CallAsync(Path)).ShouldBe("404");
        _server.StatusOf("servers", "other", "weather").ShouldNotBeNull();
    }

    [Fact]
    public async Task SettingThatNeedsARestart_IsNamedInTheStatus_AndAnInvalidGenerationIsNotUsed()
    {
        Set(new JsonObject { ["listen"] = "http://127.0.0.1:0" });
        await StartAsync();
        await ConditionAsync("Programmed", "True", "Programmed", "");

        Set(new JsonObject { ["listen"] = "http://127.0.0.1:1" });
        await MovedUntilAsync(() => Task.FromResult(Message("Programmed") == "These settings have changed, and keep their values until a restart: listen."));

        Set(new JsonObject { ["listen"] = "http://gateway.example.com" });
        await MovedUntilAsync(() => Task.FromResult(Message("Accepted")!.StartsWith("spec.listen: 'http://gateway.example.com' names a host", StringComparison.Ordinal)));
        (await _gateway.CallAsync(Path)).ShouldBe(RunningGateway.Admitted);
    }

    private Task StartAsync() => _gateway.StartAsync(_server.Address, "{ token: t }", authority: null, time: _time, gateway: "main");

    private void Set(JsonObject spec) => _server.Set("gateways", "default", "main", spec);

    private void Serve(string space) =>
        _server.Set("servers", space, "weather", new JsonObject { ["upstream"] = new JsonObject { ["url"] = _gateway.Upstream } });

    private static JsonObject Reference(string name, string key) => new() { ["name"] = name, ["key"] = key };

    private void Keys(string key) => _server.Set("secrets", "default", "keys", new JsonObject
    {
        ["keys.yaml"] = $"- {{ user: ana, sha256: {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))} }}\n",
    });

    private string Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = _time.GetUtcNow();
        using X509Certificate2 made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(9));
        _server.Set("secrets", "default", "tls", new JsonObject { ["tls.crt"] = made.ExportCertificatePem(), ["tls.key"] = key.ExportPkcs8PrivateKeyPem() });
        return made.Thumbprint;
    }

    private async Task<string> ThumbprintAsync()
    {
        using TcpClient client = new();
        await client.ConnectAsync(_gateway.Address.Host, _gateway.Address.Port);
        await using SslStream stream = new(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await stream.AuthenticateAsClientAsync("localhost");
        return ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }

    private Task MovedUntilAsync(Func<Task<bool>> holds) => Eventually.HoldsAsync(
        async () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return await holds();
        },
        () => $"{_server.StatusOf("gateways", "default", "main")?.ToJsonString()}");

    private string? Message(string type) => (string?)Condition(type)?["message"];

    private JsonNode? Condition(string type) => (_server.StatusOf("gateways", "default", "main")?["conditions"] as JsonArray)
        ?.SingleOrDefault(condition => (string?)condition!["type"] == type);

    private Task ConditionAsync(string type, string status, string reason, string message) => MovedUntilAsync(() => Task.FromResult(
        Condition(type) is JsonNode condition
            && (string?)condition["status"] == status
            && (string?)condition["reason"] == reason
            && ((string)condition["message"]!).StartsWith(message, StringComparison.Ordinal)));
}
