namespace Sluice.PlainPolicies;

/// <summary>Calls whose policies have one rate for each scope and nothing newer, so that earlier engines decide them too.</summary>
/// <remarks>
/// It uses only what the earlier engine has as well. Only types of the runtime go in and out, because the two engines are loaded side by
/// side and their types are not the same.
/// </remarks>
public static class PlainCalls
{
    private const int Users = 200_000;
    private const int Tools = 100;
    private const int OrderMask = (1 << 20) - 1;
    private static readonly Rate Open = new(int.MaxValue, TimeSpan.FromMilliseconds(1));
    private static readonly Rate Closed = new(1, TimeSpan.FromDays(366));

    /// <summary>Each row's name, and a function that makes so many calls and returns how many were admitted.</summary>
    public static IReadOnlyDictionary<string, Func<int, int>> All()
    {
        CallerIdentity[] callers = [.. Enumerable.Range(0, Users).Select(i => new CallerIdentity("bench", $"user-{i}", null, null))];
        int[] users = Order(Users);
        int[] tools = Order(Tools);
        InProcessStore store = new(new InProcessStoreOptions { MaxKeys = 4 * Users }, TimeProvider.System);
        ApplicableLimits shared = Select(Policy("shared", limits => limits.Shared(Open)), callers[0]);
        ApplicableLimits closed = Select(Policy("closed", limits => limits.Shared(Closed)), callers[0]);
        ApplicableLimits perUser = Select(Policy("user", limits => limits.PerUser(Open)), callers[0]);
        RateLimitPolicy policy = Policy("four", AddFour);
        ApplicableLimits[] four = [.. Enumerable.Range(0, Tools).Select(tool => policy.Select("tools/call", $"tool-{tool}", callers[0]))];
        store.Acquire(new RateLimitRequest(closed, callers[0]), []);
        return new Dictionary<string, Func<int, int>>
        {
            ["one bucket, allowed"] = calls => Repeat(store, shared, callers[0], calls),
            ["one bucket, rejected"] = calls => Repeat(store, closed, callers[0], calls),
            ["one limit per caller, one caller"] = calls => Repeat(store, perUser, callers[0], calls),
            [$"one limit per caller, {Users:N0} callers"] = new Spread(store, [perUser], [0], callers, users).Run,
            ["four limits, hot"] = calls => Repeat(store, four[0], callers[0], calls),
            [$"four limits, {Users:N0} users and {Tools} tools"] = new Spread(store, four, tools, callers, users).Run,
            ["selection of four limits"] = calls => SelectAgain(policy, callers[0], calls),
        };
    }

    private static int Repeat(InProcessStore store, ApplicableLimits limits, CallerIdentity caller, int calls)
    {
        int allowed = 0;
        for (int i = 0; i < calls; i++)
        {
            allowed += store.Acquire(new RateLimitRequest(limits, caller), []).IsAllowed ? 1 : 0;
        }

        return allowed;
    }

    private static int SelectAgain(RateLimitPolicy policy, CallerIdentity caller, int calls)
    {
        int selected = 0;
        for (int i = 0; i < calls; i++)
        {
            selected += policy.Select("tools/call", "tool-7", caller).Count == 4 ? 1 : 0;
        }

        return selected;
    }

    private static void AddFour(RateLimitsBuilder limits)
    {
        limits.Shared(Open).PerUser(Open);
        for (int tool = 0; tool < Tools; tool++)
        {
            limits.Tool($"tool-{tool}", t => t.Shared(Open).PerUser(Open));
        }
    }

    private static RateLimitPolicy Policy(string server, Action<RateLimitsBuilder> configure) => RateLimitPolicy.Build(server, configure);

    private static ApplicableLimits Select(RateLimitPolicy policy, CallerIdentity caller) => policy.Select("tools/call", "x", caller);

    private static int[] Order(int count)
    {
        Random random = new(20_26);
        return [.. Enumerable.Range(0, OrderMask + 1).Select(_ => random.Next(count))];
    }

    private sealed class Spread(InProcessStore store, ApplicableLimits[] limits, int[] limitOrder, CallerIdentity[] callers, int[] users)
    {
        private int _next;

        internal int Run(int calls)
        {
            int allowed = 0;
            for (int i = 0; i < calls; i++)
            {
                int call = _next++ & OrderMask;
                ApplicableLimits of = limits[limitOrder[call & (limitOrder.Length - 1)]];
                allowed += store.Acquire(new RateLimitRequest(of, callers[users[call]]), []).IsAllowed ? 1 : 0;
            }

            return allowed;
        }
    }
}
