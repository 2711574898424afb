using System.Diagnostics;

namespace Sluice.EndToEnd;

/// <summary>Three gateways over one Redis, and one user who calls all of them 60 times a second. It keeps a log of what was admitted.</summary>
internal sealed class SharingGateways : IAsyncDisposable
{
    internal const int Tokens = 30;
    internal static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private const int Count = 3;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1.0 / 60);

    // The numbers of the last heartbeats of all processes, the least first.
    private const string Beats =
        "local t, n = redis.call('GET', 'sluice:heartbeats') or '', {} "
        + "for at = 18, #t, 25 do n[#n + 1] = (struct.unpack('<d', t, at + 8)) end "
        + "table.sort(n) return tostring(#n) .. ' ' .. tostring(n[1] or 0)";

    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 64 });
    private readonly List<SluiceProgram> _gateways = [];
    private readonly RedisServer _redis;
    private readonly DemoProgram _upstream;
    private int _calls;

    private SharingGateways(RedisServer redis, DemoProgram upstream)
    {
        _redis = redis;
        _upstream = upstream;
    }

    /// <summary>Starts them, and waits until each knows of the two others.</summary>
    internal static async Task<SharingGateways> StartAsync(RedisServer redis)
    {
        SharingGateways all = new(redis, await DemoProgram.StartAsync());
        string configuration = SluiceProgram.Configuration(await all._upstream.ServerEndpointAsync(), $"{{ perUser: {Tokens}/1m }}")
            + $"\nstore: {{ redis: '{redis.Configuration}' }}";
        for (int i = 0; i < Count; i++)
        {
            all._gateways.Add(await SluiceProgram.StartAsync(configuration));
        }

        await Eventually.HoldsAsync(() => all.LeastBeat() > 0);
        int known = all.LeastBeat();
        await Eventually.HoldsAsync(() => all.LeastBeat() >= known + 2);
        return all;
    }

    /// <summary>Calls at 60 a second, whatever becomes of them, round robin.</summary>
    /// <returns>For each call that was admitted, when it was sent.</returns>
    internal async Task<OutageLog> CallAsync(TimeSpan during)
    {
        long start = Stopwatch.GetTimestamp();
        List<Task<(long Sent, bool IsAdmitted)>> calls = [];
        while (Stopwatch.GetElapsedTime(start) < during)
        {
            calls.Add(CallAsync());
            TimeSpan left = (calls.Count * Between) - Stopwatch.GetElapsedTime(start);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero); // The gateways count by real time.
        }

        (long Sent, bool IsAdmitted)[] answers = await Task.WhenAll(calls);
        return new OutageLog(answers.Length, answers.Count(answer => answer.IsAdmitted), Stopwatch.GetElapsedTime(start));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SluiceProgram gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        await _upstream.DisposeAsync();
        _http.Dispose();
    }

    private async Task<(long Sent, bool IsAdmitted)> CallAsync()
    {
        int id = Interlocked.Increment(ref _calls);
        long sent = Stopwatch.GetTimestamp();
        string answer = await EchoCalls.PostAsync(_http, _gateways[id % Count].Endpoint, "alice", id);
        bool isAdmitted = EchoCalls.IsAdmitted(answer);
        (isAdmitted || EchoCalls.IsRefused(answer)).ShouldBeTrue(answer);
        return (sent, isAdmitted);
    }

    // 0 while not all are there.
    private int LeastBeat()
    {
        string[] parts = _redis.Send("EVAL", Beats, "0").Split(' ');
        return parts[0] == $"{Count}" ? (int)double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
    }
}
