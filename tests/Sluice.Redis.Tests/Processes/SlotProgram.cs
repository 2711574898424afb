using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>A process that holds slots: for each line with a number it acquires so many, and writes how many it got and its id.</summary>
internal static class SlotProgram
{
    internal const string Word = "slots";

    internal static ApplicableLimits Limits { get; } =
        RateLimitPolicy.Build("slots", policy => policy.Concurrency(new() { Shared = 50 })).Select("tools/call", "search", CallerIdentity.None);

    internal static async Task<RedisStore> OpenAsync(string configuration)
    {
        RedisStore store = RedisStore.Connect(
            new RedisStoreOptions { Configuration = configuration, KeyPrefix = "slots", Timeout = TimeSpan.FromSeconds(5) });
        return await store.WarmUpAsync(Eventually.Patience, default)
            ? store
            : throw new InvalidOperationException("Redis does not answer.");
    }

    internal static async Task<RateLimitRequest?> TryAcquireAsync(RedisStore store)
    {
        RateLimitRequest request = new(Limits, CallerIdentity.None) { Slots = new HeldSlots() };
        RateLimitDecision decision = await store.AcquireAsync(request, default, default);
        return decision.Source != DecisionSource.Store ? throw new InvalidOperationException("Decided without the shared store.")
            : decision.IsAllowed ? request
            : null;
    }

    internal static async Task<int> RunAsync(string configuration)
    {
        RedisStore store = await OpenAsync(configuration);
        List<RateLimitRequest> held = [];
        while (await Console.In.ReadLineAsync() is string line)
        {
            int wanted = int.Parse(line, CultureInfo.InvariantCulture);
            int got = 0;
            for (; wanted < 0 && held.Count > 0; wanted++)
            {
                await store.ReleaseAsync(held[0], default); // Of a slot that this process may have lost.
                held.RemoveAt(0);
            }

            for (int i = 0; i < wanted; i++)
            {
                if (await TryAcquireAsync(store) is RateLimitRequest request)
                {
                    held.Add(request);
                    got++;
                }
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{got} {store.Heartbeat!.Id}"));
        }

        return 0;
    }
}
