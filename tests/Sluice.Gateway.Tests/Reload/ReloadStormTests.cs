using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway.Tests.Reload;

/// <summary>Reloads under load: each call is compared with the document whose version its decision carries.</summary>
public sealed class ReloadStormTests
{
    private const string Answer = """{"jsonrpc":"2.0","id":1,"result":{}}""";
    private const int Clients = 3;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    // SLUICE_RELOAD_SECONDS=60 is the long run.
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(
        Environment.GetEnvironmentVariable("SLUICE_RELOAD_SECONDS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 10);

    [Fact]
    public async Task Storm_RandomDocumentsUnderLoad_EveryCallIsAnsweredByOneDocument()
    {
        int reached = 0;
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(context => AnswerAsync(context, ref reached));
        Random random = new(Seeds.AnnounceAny());
        ConcurrentDictionary<string, StormDocument> documents = new(StringComparer.Ordinal);
        Decisions decisions = new(documents);
        string followed = string.Concat(Enumerable.Range(0, StormDocument.FollowedUsers).Select(user =>
            $"- {{ user: followed-{user}, sha256: {GatewayFixture.HashOf(StormDocument.FollowedKey(user))} }}\n"));
        StormDocument first = new(0, random);
        await using ReloadFixture gateway = await ReloadFixture.StartAsync(
            first.Text(upstream.Endpoint), observer: decisions, prepare: folder => File.WriteAllText(Path.Combine(folder, "followed.yaml"), followed));
        documents.TryAdd(gateway.Servers.Current.Version, first);
        using Stream stream = await OpenStreamAsync(gateway);
        using CancellationTokenSource ends = new();

        Task[] load =
        [
            .. Enumerable.Range(0, Clients).Select(client => CallAsync(gateway, new Random(client), ends.Token)),
            FollowAsync(gateway, decisions, ends.Token),
        ];
        int reloads = await ReloadAsync(gateway);
        await ends.CancelAsync();
        await Task.WhenAll(load);

        decisions.Faults.ShouldBeEmpty();
        reloads.ShouldBeGreaterThan(1);
        decisions.Versions.ShouldBeGreaterThan(1);
        Volatile.Read(ref reached).ShouldBe(decisions.Allowed); // No allowed call was lost, and no other reached the server.
        Task<int> more = stream.ReadAsync(new byte[1_000]).AsTask();
        (more.IsCompleted && await more == 0).ShouldBeFalse(); // Open from before the first reload; a long run gets comments.

        async Task<int> ReloadAsync(ReloadFixture fixture)
        {
            int count = 0;
            for (long start = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(start) < Length; count++)
            {
                StormDocument next = new(count + 1, random);
                string text = next.Text(upstream.Endpoint);
                documents.TryAdd(VersionOf(text, fixture.Folder), next);
                fixture.Write(text);
                await fixture.Reloader.ReloadAsync(CancellationToken.None);
                fixture.Servers.LastReload!.Faults.ShouldBeEmpty();
                await Task.Delay(Pace);
            }

            return count;
        }
    }

    private static string VersionOf(string text, string folder) =>
        GatewayFile.Parse(ReloadFixture.Text(text), Path.Combine(folder, "sluice.yaml")).RequireConfiguration().Version;

    private static async Task CallAsync(ReloadFixture gateway, Random random, CancellationToken ends)
    {
        HttpStatusCode[] known =
            [HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.TooManyRequests];
        while (!ends.IsCancellationRequested)
        {
            int key = random.Next(StormDocument.Keys);
            (HttpStatusCode status, string body) = await gateway.CallAsync(
                StormDocument.PathOf("abc"[random.Next(3)].ToString()), $"{"xy"[random.Next(2)]}-{key}", $"key-{key}");
            known.ShouldContain(status, body);
        }
    }

    /// <summary>Calls as one user after another, so that each bucket can be followed call by call.</summary>
    private static async Task FollowAsync(ReloadFixture gateway, Decisions decisions, CancellationToken ends)
    {
        for (int user = 0; user < StormDocument.FollowedUsers && !ends.IsCancellationRequested; user++)
        {
            int used = 0;
            int usedOfX = 0;
            for (int call = 0; call < 15 && !ends.IsCancellationRequested; call++)
            {
                (HttpStatusCode status, string body) =
                    await gateway.CallAsync(StormDocument.PathOf("a"), $"x-f-{user}", StormDocument.FollowedKey(user));
                (StormDocument document, bool isAllowed) = decisions.TakeFollowed();
                (int perUser, int? ofX) = document.Followed;

                // What is used above a smaller capacity is forgotten, as the change of limits says, and nothing else is.
                bool expected = Math.Min(used, perUser) < perUser && (ofX is null || Math.Min(usedOfX, ofX.Value) < ofX);
                isAllowed.ShouldBe(expected, $"{perUser} and {ofX}, of which {used} and {usedOfX} are used: {status} {body}");
                if (isAllowed)
                {
                    used = Math.Min(used, perUser) + 1;
                    usedOfX = ofX is null ? usedOfX : Math.Min(usedOfX, ofX.Value) + 1;
                }
            }
        }
    }

    private static async Task<Stream> OpenStreamAsync(ReloadFixture gateway)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, StormDocument.PathOf("a"));
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", StormDocument.FollowedKey(0));
        HttpResponseMessage response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        Stream stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte["data: open\n\n".Length]);
        return stream;
    }

    private static Task AnswerAsync(HttpContext context, ref int reached)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            Interlocked.Increment(ref reached);
            return FakeUpstream.Json(Answer)(context);
        }

        return StreamAsync(context);
    }

    private static async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync("data: open\n\n");
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Compares each decision with the document of its version.</summary>
    private sealed class Decisions(ConcurrentDictionary<string, StormDocument> documents) : ICallObserver
    {
        private readonly ConcurrentDictionary<string, bool> _versions = new(StringComparer.Ordinal);
        private readonly ConcurrentQueue<(StormDocument Document, bool IsAllowed)> _followed = new();
        private int _allowed;

        internal ConcurrentQueue<string> Faults { get; } = new();

        internal int Allowed => Volatile.Read(ref _allowed);

        internal int Versions => _versions.Count;

        internal (StormDocument Document, bool IsAllowed) TakeFollowed() =>
            _followed.TryDequeue(out (StormDocument Document, bool IsAllowed) taken) ? taken : throw new InvalidOperationException("No decision was seen.");

        public void Decided(in DecidedCall call)
        {
            _versions[call.ConfigVersion] = true;
            if (call.Decision.IsAllowed)
            {
                Interlocked.Increment(ref _allowed);
            }

            if (!documents.TryGetValue(call.ConfigVersion, out StormDocument? document))
            {
                Faults.Enqueue($"No document has the version '{call.ConfigVersion}'.");
                return;
            }

            int[] capacities = [.. call.Decision.Limits.Limits.ToArray().Select(limit => limit.Capacity).Order()];
            if (document.WhyNot(call.Server, call.Operation!, call.Caller.Subject, capacities) is string why)
            {
                Faults.Enqueue($"Version {call.ConfigVersion} {why}.");
            }

            if (call.Operation!.StartsWith("x-f-", StringComparison.Ordinal))
            {
                _followed.Enqueue((document, call.Decision.IsAllowed));
            }
        }
    }
}
