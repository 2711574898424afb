using System.Collections.Immutable;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>One entry of the rate limiter in ContextForge's file.</summary>
internal sealed class ContextForgePlugin(SourceGroup plugin, ImportedDocument document)
{
    private const int DefaultCeiling = 10_000;
    private readonly List<Rate> _rates = [];
    private RateLimitAlgorithm _algorithm;

    internal void Import()
    {
        plugin.Skip("name", "kind", "description", "author", "version", "tags");
        if (plugin.Group("config") is not SourceGroup config)
        {
            plugin.Fault("config", "lacks the rates of the rate limiter. Add by_user, by_tenant or by_tool.");
            return;
        }

        _algorithm = ReadAlgorithm(config);
        OutputGroup server = document.AddPlaceholderServer("contextforge");
        OutputGroup limits = server.AddGroup("rateLimiting");
        bool knowsCallers = ReadRates(config, limits);
        if (_rates.Count == 0 && document.Faults.Count == 0)
        {
            plugin.Fault("config", "has no rate. Add by_user, by_tenant or by_tool.");
        }

        if (knowsCallers)
        {
            document.AddPlaceholderAuth();
        }

        ReadMode(limits);
        ReadStore(config, limits);
        AddGeneralFields(limits);
        plugin.LeaveOut("hooks", "is left out: per-user and per-tenant limits here count tools/call, prompts/get and resources/read.");
        plugin.LeaveOut("priority", "is left out: limits here have no order of plugins.");
        plugin.LeaveOut("conditions", "is left out: write a condition on tools, users or tenants as 'when' of an entry of 'limits'.");
        config.NoteUnknown();
        plugin.NoteUnknown();
    }

    private static RateLimitAlgorithm ReadAlgorithm(SourceGroup config)
    {
        switch (config.Text("algorithm"))
        {
            case null:
                config.Note(
                    "algorithm", "is absent, which is a fixed window in ContextForge and a token bucket here: written as fixedWindow, "
                    + "of which twice the count can pass around a window's edge.");
                return RateLimitAlgorithm.FixedWindow;
            case "fixed_window":
                return RateLimitAlgorithm.FixedWindow;
            case "sliding_window":
                return RateLimitAlgorithm.SlidingWindow;
            case "token_bucket":
                return RateLimitAlgorithm.TokenBucket;
            case string other:
                config.Fault(
                    "algorithm",
                    $"{Shown.Quote(other)} is not an algorithm of ContextForge. Write fixed_window, sliding_window or token_bucket.");
                return default;
        }
    }

    private bool ReadRates(SourceGroup config, OutputGroup limits)
    {
        Rate? tenant = ReadRate(config, "by_tenant");
        Rate? user = ReadRate(config, "by_user");
        Rate? userOfServer = ReadRate(config, "by_user_per_server");
        if (tenant is not null)
        {
            limits.Add("perTenant", [tenant]);
            config.Note(
                "by_tenant", "is counted for each server here, and for all servers together in ContextForge. A caller without a tenant is "
                + "not limited by it there; here such callers share one bucket (missingIdentity: skip changes that).");
        }

        if (user is not null)
        {
            config.Note(
                "by_user",
                "is counted for each server here, and for all servers together in ContextForge. A user has a bucket for each tenant in "
                + "both, where 'auth' tells the tenant.");
        }

        ImmutableArray<Rate> users = [.. new[] { user, userOfServer }.OfType<Rate>()];
        if (users.Length == 2 && users[0].RefillPeriod == users[1].RefillPeriod)
        {
            config.Note("by_user_per_server", "has the period of by_user: only the smaller of the two is written.");
            users = [users.MinBy(rate => rate.MaxTokens)!];
        }

        if (!users.IsEmpty)
        {
            limits.Add("perUser", users);
        }

        bool hasTools = ReadTools(config, limits);
        return tenant is not null || !users.IsEmpty || hasTools;
    }

    private bool ReadTools(SourceGroup config, OutputGroup limits)
    {
        if (config.Group("by_tool") is not SourceGroup tools)
        {
            return false;
        }

        foreach (Field field in tools.Fields)
        {
            if (ReadRate(tools, field.Name) is Rate rate)
            {
                OutputGroup tool = limits.AddItem("tools");
                tool.Add("name", field.Name.Trim());
                tool.Add("perTenant", [rate]);
            }
        }

        if (tools.Fields.Any())
        {
            config.Note(
                "by_tool",
                "has a bucket for each tool and tenant in ContextForge, so it is perTenant here: callers without a tenant share one. "
                + "Older versions have one bucket for each tool, which is 'shared'. "
                + "A prompt with the name of a tool takes from the same bucket "
                + "there; here it has an entry of its own, under 'prompts'.");
        }

        return tools.Fields.Any();
    }

    /// <summary>Reads <c>30/m</c>: a count, and s, m or h, in short or in full.</summary>
    private Rate? ReadRate(SourceGroup group, string name)
    {
        if (group.Text(name) is not string text)
        {
            return null;
        }

        if (text.StartsWith('-'))
        {
            group.Fault(name, $"{Shown.Quote(text)} is negative. Write a count above 0, such as 30/m.");
            return null;
        }

        if (!Rate.TryParse(text, out Rate? parsed, out string? error))
        {
            group.Fault(name, error);
            return null;
        }

        if (text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..].Trim().ToLowerInvariant()
            is not ("s" or "sec" or "second" or "m" or "min" or "minute" or "h" or "hr" or "hour"))
        {
            group.Note(
                name, $"{Shown.Quote(text)} is taken as it reads, but rates of ContextForge are per s, m or h: it rejects this file.");
        }

        Rate? rate = SourceRates.Make(group, name, parsed.MaxTokens, parsed.RefillPeriod, _algorithm);
        _rates.AddRange(rate is null ? [] : [rate]);
        return rate;
    }

    private void ReadMode(OutputGroup limits)
    {
        switch (plugin.Text("mode"))
        {
            case null or "enforce" or "sequential" or "concurrent":
                break;
            case "enforce_ignore_error":
                plugin.Note("mode", "is enforce here: what happens on an error is onStoreFailure.");
                break;
            case "permissive" or "audit":
                limits.Add("mode", "permissive");
                break;
            case "disabled":
                limits.Add("mode", "disabled");
                break;
            case string other:
                plugin.Note(
                    "mode", $"{Shown.Quote(other)} has no equivalent: the limits are enforced. Write mode: permissive to count only.");
                break;
        }
    }

    private void ReadStore(SourceGroup config, OutputGroup limits)
    {
        bool isRedis = config.Text("backend") == "redis";
        if (config.Text("redis_url") is string url && isRedis)
        {
            AddStore(config, url);
        }
        else if (isRedis)
        {
            config.Fault("backend", "is redis, and redis_url is absent. Add it.");
        }

        if (config.Text("redis_key_prefix") is not null)
        {
            config.Note(
                "redis_key_prefix",
                "is left out: counters of ContextForge cannot be read here, so buckets start full under the prefix 'sluice'.");
        }

        string? mode = config.Text("fail_mode");
        string? fallback = config.Text("redis_fallback");
        if (!isRedis)
        {
            config.LeaveOut("fail_mode", "is left out: buckets in memory cannot fail. With Redis it is onStoreFailure.");
            return;
        }

        bool isClosed = string.Equals(mode, "closed", StringComparison.OrdinalIgnoreCase);
        bool hasFallback = mode is null && !string.Equals(fallback, "false", StringComparison.OrdinalIgnoreCase);
        limits.Add("onStoreFailure", isClosed ? "deny" : hasFallback ? "local" : "allow");
        config.Note(mode is null ? "redis_fallback" : "fail_mode", isClosed
            ? "is onStoreFailure: deny. The default here, share, continues with each process' part of the limits."
            : hasFallback ? "is on, unless it is false: without Redis each process counts alone (onStoreFailure: local), "
                + "so N processes admit N times "
                + "the limit. The default here, share, does not."
            : "is open, the default of ContextForge: without Redis every call passes (onStoreFailure: allow). "
                + "The default here, share, keeps limiting.");
    }

    private void AddStore(SourceGroup config, string url)
    {
        OutputGroup store = document.Root.AddGroup("store");
        int at = url.LastIndexOf('@');
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (at < 0 || scheme < 0)
        {
            store.Add("redis", url);
            return;
        }

        store.Add("redis", $"{url[..(scheme + 3)]}{url[(at + 1)..]}");
        store.AddReference("password", "REDIS_PASSWORD", "change-me", "Set REDIS_PASSWORD: the password is not copied into this file.");
        config.Note("redis_url", "holds a password, which is not copied: it is read from the variable REDIS_PASSWORD.");
        if (url[(scheme + 3)..at].Split(':')[0] is { Length: > 0 } user)
        {
            store.Add("user", Uri.UnescapeDataString(user));
        }
    }

    private void AddGeneralFields(OutputGroup limits)
    {
        if (_algorithm == RateLimitAlgorithm.SlidingWindow && _rates.Select(rate => rate.MaxTokens).DefaultIfEmpty().Max() is > DefaultCeiling and int most)
        {
            limits.Add("slidingWindowCeiling", most);
        }

        OutputGroup headers = limits.AddGroup("headers");
        headers.Add("mode", "always");
        headers.Add("style", "x-ratelimit");
        headers.Add("reset", "unixTime");
        document.Note(
            "Resets: X-RateLimit-Reset is Unix time in ContextForge. The field 'headers' keeps that; without it, seconds are sent.");
        document.Note(
            "Retry-After: ContextForge states the shortest wait of all limits that reject a call; here it is the longest, "
                + "after which the call passes.");
        document.Note("A rejected call is charged to the limits that would admit it in ContextForge; here it is charged to none.");
        document.Note(
            "Users: ContextForge takes 'email', 'id' or 'sub' of the token; here it is 'sub'. "
                + "Write userClaim: email under auth.jwt for the first.");
    }
}
