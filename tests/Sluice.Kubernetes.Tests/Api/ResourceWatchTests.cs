using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Sluice.Kubernetes.Tests.Api;

/// <summary>The watch of a kind goes on whatever the API server does, and what was learned stays known.</summary>
public sealed class ResourceWatchTests : IAsyncLifetime, IDisposable
{
    private const string Plural = "ratelimitpolicies";
    private static readonly ResourceKind Kind = new("sluice.dev", "v1alpha1", Plural, "RateLimitPolicy");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    private readonly ClusterObjects _objects = new();
    private readonly CancellationTokenSource _ends = new();
    private ApiServerDouble _server = null!;
    private ClusterConnection? _connection;
    private Task _running = Task.CompletedTask;

    public async Task InitializeAsync() => _server = await ApiServerDouble.StartAsync();

    public async Task DisposeAsync()
    {
        await _ends.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _connection?.Dispose();
        await _server.DisposeAsync();
    }

    public void Dispose() => _ends.Dispose();

    [Fact]
    public async Task Run_ObjectsOfSeveralPages_AreAllKnown()
    {
        _server.PageSize = 3;
        foreach (int number in Enumerable.Range(0, 8))
        {
            Set($"p{number}");
        }

        await StartAsync();

        Names().Length.ShouldBe(8);
        _server.Count("list", Plural).ShouldBe(3);
    }

    [Fact]
    public async Task Run_ObjectsThatAreCreatedChangedAndDeleted_AreFollowed()
    {
        await StartAsync();
        await WatchedAsync();

        Set("a");
        await KnownAsync("a");
        Set("a", "2/1m");
        await Until.TrueAsync(() => Generation("a") == 2, "the change");
        _server.Delete(Plural, "tools", "a");
        await KnownAsync();

        _server.Count("list", Plural).ShouldBe(1);
    }

    [Fact]
    public async Task Run_WatchThatEnds_IsResumedFromTheLastVersionIncludingBookmarks()
    {
        await StartAsync();
        await WatchedAsync();
        string version = _server.SendBookmark(Plural);
        Set("a");
        await KnownAsync("a");
        version = _server.SendBookmark(Plural);
        Set("b");
        await KnownAsync("a", "b");
        version = _server.SendBookmark(Plural);

        await Until.TrueAsync(
            () =>
            {
                _server.EndWatches();
                return _server.Requests.Any(request => request.Verb == "watch" && request.Query.EndsWith($"resourceVersion={version}", StringComparison.Ordinal));
            },
            "a watch from the version of the bookmark",
            _time);

        _server.Count("list", Plural).ShouldBe(1);
        _server.Requests.ShouldAllBe(request => request.Verb == "list" || request.Query.Contains("allowWatchBookmarks=true"));
    }

    [Fact]
    public async Task Run_WatchThatIsCut_MissesNothing()
    {
        await StartAsync();
        await WatchedAsync();

        _server.CutWatches();
        Set("a");

        await KnownAsync("a");
        _server.Count("list", Plural).ShouldBe(1);
    }

    [Fact]
    public async Task Run_VersionThatWasCompacted_IsListedAnewWithoutWhatWasDeletedMeanwhile()
    {
        Set("a");
        Set("b");
        await StartAsync();
        await WatchedAsync();

        _server.ExpireNextWatch();
        _server.Delete(Plural, "tools", "a", isTold: false);
        _server.EndWatches();

        await KnownAsync("b");
        _server.Count("list", Plural).ShouldBe(2);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.NotFound)]
    public async Task Run_ServerThatFailsForAWhile_KeepsWhatIsKnown_AndRecovers(HttpStatusCode status)
    {
        Set("a");
        ResourceWatch watch = await StartAsync();
        await WatchedAsync();

        _server.Fail(Plural, status);
        _server.EndWatches();
        await Until.TrueAsync(() => watch.Failure is not null, "the failure is noted", _time);
        Names().ShouldBe(["a"]);
        Set("b");
        _server.Recover(Plural);

        await KnownAsync("a", "b");
        watch.Failure.ShouldBeNull();
    }

    [Fact]
    public async Task Run_ServerThatIsAway_IsAskedMoreAndMoreRarely()
    {
        await StartAsync();
        await WatchedAsync();

        _server.Fail(Plural, HttpStatusCode.ServiceUnavailable);
        _server.EndWatches();
        int before = _server.Requests.Count;
        DateTimeOffset began = _time.GetUtcNow();
        await Until.TrueAsync(() => _time.GetUtcNow() - began > TimeSpan.FromMinutes(2), "two minutes", _time);

        // Every ten seconds at last, and more often in the first ones; each moment of the moved clock is not waited for, so there may be fewer.
        (_server.Requests.Count - before).ShouldBeInRange(2, 40);
    }

    [Fact]
    public async Task Run_ServerThatAsksForAPause_GetsIt()
    {
        _server.Fail(Plural, HttpStatusCode.TooManyRequests, retryAfter: "7");
        ResourceWatch watch = Create();
        _running = watch.RunAsync(_ends.Token);
        await Until.TrueAsync(() => watch.Failure is not null, "the failure is noted");

        _time.Advance(TimeSpan.FromSeconds(6.9));
        _server.Recover(Plural);
        _server.Count("list", Plural).ShouldBe(1);
        await Until.TrueAsync(() => watch.Listed.IsCompleted, "the list", _time);
        _server.Count("list", Plural).ShouldBe(2);
    }

    [Fact]
    public async Task Run_TokenThatWasReplaced_IsReadAgain()
    {
        string token = "old-token";
        _server.Token = token;
        Set("a");
        await StartAsync(() => token);
        await WatchedAsync();

        _server.Token = "new-token";
        _server.EndWatches();
        await Until.TrueAsync(() => _server.Count("watch", Plural) > 2, "attempts with the old token", _time);
        token = "new-token";
        Set("b");

        await KnownAsync("a", "b");
    }

    [Theory]
    [InlineData("this is no JSON")]
    [InlineData("""{"type":"ADDED"}""")]
    [InlineData("""{"type":"ADDED","object":{"metadata":{"name":"x"}}}""")]
    [InlineData("""{"type":"SOMETHING","object":{}}""")]
    [InlineData("""[1,2]""")]
    public async Task Run_LineThatCannotBeRead_IsFollowedByAList(string line)
    {
        Set("a");
        await StartAsync();
        await WatchedAsync();

        _server.SendLine(Plural, line);
        Set("b");

        await KnownAsync("a", "b");
        await Until.TrueAsync(() => _server.Count("list", Plural) == 2, "a second list", _time);
    }

    [Fact]
    public async Task Run_WatchThatIsSilent_IsReplaced()
    {
        await StartAsync();
        await WatchedAsync();

        _time.Advance(ResourceWatch.SilenceTime - TimeSpan.FromSeconds(1));
        _server.Count("watch", Plural).ShouldBe(1);
        await Until.TrueAsync(() => _server.Count("watch", Plural) == 2, "a second watch", _time);
        _server.Count("list", Plural).ShouldBe(1);
    }

    [Fact]
    public async Task Run_ServerThatEndsEachWatchAtOnce_IsNotAskedWithoutAPause()
    {
        await StartAsync();
        await WatchedAsync();

        _server.EndWatches();
        await Until.TrueAsync(() => _server.OpenWatches == 0, "the end of the watch");
        using HttpClient other = new();
        for (int i = 0; i < 20; i++) // Time for a watch that would not wait.
        {
            await other.GetAsync(new Uri($"{_server.Address}/apis/sluice.dev/v1alpha1/others"));
        }

        _server.Count("watch", Plural).ShouldBe(1, "no pause ends while the clock stands");
        await Until.TrueAsync(() => _server.Count("watch", Plural) == 2, "a second watch", _time);
    }

    [Fact]
    public async Task Run_KindThatTheClusterDoesWithout_IsEmpty_AndNoticedOnceItIsInstalled()
    {
        _server.Fail(Plural, HttpStatusCode.NotFound);
        await StartAsync(kind: Kind with { IsOptional = true });
        Names().ShouldBeEmpty();

        _server.Recover(Plural);
        Set("a");

        await KnownAsync("a");
    }

    [Fact]
    public async Task Run_KindOfAnotherProductThatIsMissingForAMoment_KeepsWhatIsKnown_UntilThatHasLasted()
    {
        Set("a");
        ResourceWatch watch = await StartAsync(kind: Kind with { IsOptional = true });
        await WatchedAsync();
        _server.Fail(Plural, HttpStatusCode.NotFound);
        _server.EndWatches();
        await Until.TrueAsync(() => watch.Failure is not null, "the failure is noted", _time);
        Names().ShouldBe(["a"]);

        _server.Recover(Plural);
        Set("b");
        await KnownAsync("a", "b");
        await Until.TrueAsync(() => _server.OpenWatches == 1, "a watch", _time);
        _server.Fail(Plural, HttpStatusCode.NotFound);
        _server.EndWatches();

        await KnownAsync();
        watch.Failure.ShouldBeNull();
    }

    private async Task<ResourceWatch> StartAsync(Func<string>? token = null, ResourceKind? kind = null)
    {
        ResourceWatch watch = Create(token, kind);
        _running = watch.RunAsync(_ends.Token);
        await Until.TrueAsync(() => watch.Listed.IsCompleted, "the list", _time);
        return watch;
    }

    private ResourceWatch Create(Func<string>? token = null, ResourceKind? kind = null)
    {
        _connection = _server.Connect(token);
        return new ResourceWatch(kind ?? Kind, null, new ApiRequests(_connection, _time), _objects, _time, NullLogger<ResourceWatch>.Instance);
    }

    private Task WatchedAsync() => Until.TrueAsync(() => _server.OpenWatches == 1, "a watch");

    private Task KnownAsync(params string[] names) => Until.TrueAsync(() => Names().SequenceEqual(names), $"known: {string.Join(", ", names)}", _time);

    private string[] Names() => [.. _objects.Take().Objects.Select(found => found.Name).Order(StringComparer.Ordinal)];

    private long? Generation(string name) => _objects.Take().Objects.SingleOrDefault(found => found.Name == name)?.Generation;

    private void Set(string name, string rate = "1/1m") =>
        _server.Set(Plural, "tools", name, new JsonObject { ["rateLimiting"] = new JsonObject { ["shared"] = rate } });
}
