using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Redis.Tests;

/// <summary>The program of the tests: without its word the test platform's own, which does nothing; with it a process that decides.</summary>
/// <remarks>
/// Arguments: <c>worker STORE SKEW</c>, the Redis to share or <c>memory</c>, and the hours by which its clocks are wrong.
/// For each line <c>CALLS CONCURRENT</c> that it reads it makes so many calls of one user's, writes <c>INSTANT 1|0</c> for each
/// that its store decided, and then <c>done</c>.
/// </remarks>
internal static class WorkerProgram
{
    internal const string Word = "worker";
    internal const string Memory = "memory";

    private static readonly CallerIdentity User = new("https://issuer.example", "alice", null, null);

    internal static async Task<int> Main(string[] args)
    {
        if (args is [SlotProgram.Word, string redis])
        {
            return await SlotProgram.RunAsync(redis);
        }

        if (args is [ShareProgram.Word, string shared])
        {
            return await ShareProgram.RunAsync(shared);
        }

        if (args is [ShareChart.Word, string chart])
        {
            return ShareChart.Run(chart);
        }

        if (args is not [Word, string where, string hours])
        {
            return 0;
        }

        OffsetTimeProvider time = new(TimeSpan.FromHours(int.Parse(hours, CultureInfo.InvariantCulture)));
        ConcurrentQueue<LoggedCall> log = new();
        IRateLimitStore store = where == Memory ? new InProcessStore(new InProcessStoreOptions(), time) : await OpenAsync(where, time, log);
        while (await Console.In.ReadLineAsync() is string line)
        {
            int[] numbers = [.. line.Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
            await Task.WhenAll(Enumerable.Range(0, numbers[1]).Select(_ => CallAsync(store, numbers[0] / numbers[1], where == Memory ? log : null)));
            while (log.TryDequeue(out LoggedCall call))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{call.Micros} {(call.IsAllowed ? 1 : 0)}"));
            }

            Console.WriteLine("done");
        }

        return 0;
    }

    private static async Task<IRateLimitStore> OpenAsync(string configuration, TimeProvider time, ConcurrentQueue<LoggedCall> log)
    {
        RedisStoreOptions options = new()
        {
            Configuration = configuration,
            RememberRefusals = TimeSpan.Zero, // Every call is to be in the server's log.
            Timeout = TimeSpan.FromSeconds(5),
        };
        IRedisConnection connection = new ListeningConnection(StackExchangeConnection.Connect(ClientConfiguration.Of(options), TimeProvider.System, NullLogger.Instance), log);
        RedisStore store = new(
            options, connection, DecisionScript.Standard, time, NullLoggerFactory.Instance);
        if (!await store.WarmUpAsync(Eventually.Patience, default))
        {
            throw new InvalidOperationException("Redis does not answer.");
        }

        log.Clear(); // Of the look that warmed it up.
        return store;
    }

    private static async Task CallAsync(IRateLimitStore store, int calls, ConcurrentQueue<LoggedCall>? log)
    {
        for (int i = 0; i < calls; i++)
        {
            RateLimitDecision decision = await store.AcquireAsync(new RateLimitRequest(SharedLimit.Limits, User), default, default);
            if (decision.Source != DecisionSource.Store)
            {
                throw new InvalidOperationException("Decided without the shared store.");
            }

            log?.Enqueue(new LoggedCall((long)(Stopwatch.GetTimestamp() * 1e6 / Stopwatch.Frequency), decision.IsAllowed));
        }
    }

    /// <summary>Writes down what the server answers: its verdicts, and the instants by its clock.</summary>
    private sealed class ListeningConnection(IRedisConnection connection, ConcurrentQueue<LoggedCall> log) : IRedisConnection
    {
        private const int CallBytes = 1 + sizeof(double) + 16;

        public bool HasUnread => connection.HasUnread;

        public bool IsReady => connection.IsReady;

        public Task ReadyAsync() => connection.ReadyAsync();

        public Task RefreshAsync() => connection.RefreshAsync();

        public async Task<byte[]> RunAsync(RedisScript script, string[] keys, byte[][] arguments, bool loads)
        {
            byte[] reply = await connection.RunAsync(script, keys, arguments, loads);
            for (int at = 0; at < reply.Length; at += CallBytes)
            {
                log.Enqueue(new LoggedCall((long)BinaryPrimitives.ReadDoubleLittleEndian(reply.AsSpan(at + 1)), reply[at] == 1));
            }

            return reply;
        }

        public ValueTask DisposeAsync() => connection.DisposeAsync();
    }
}
