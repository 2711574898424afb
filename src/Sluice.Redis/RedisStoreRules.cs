using System.Text.RegularExpressions;

namespace Sluice.Redis;

/// <summary>The rules of options.</summary>
internal static partial class RedisStoreRules
{
    internal const int MinReplicas = 1;
    internal const int MaxReplicas = 10_000;

    private static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxMemory = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MinTtl = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxTtl = TimeSpan.FromSeconds(60);
    private const int LeastMinCapacity = 2;
    private const int GreatestMinCapacity = 1_000_000;

    /// <summary>Every fault at once.</summary>
    internal static IEnumerable<SettingsFault> Check(RedisStoreOptions options)
    {
        if (!Prefix().IsMatch(options.KeyPrefix))
        {
            yield return new SettingsFault(
                nameof(options.KeyPrefix),
                $"'{options.KeyPrefix}' is not a prefix of keys. Use 1 to 64 characters out of A-Z a-z 0-9 _ . - and :.");
        }

        if (options.Timeout < MinTimeout || options.Timeout > MaxTimeout)
        {
            yield return new SettingsFault(nameof(options.Timeout), $"{options.Timeout} is outside 1 ms to 5 s.");
        }

        if (options.RememberRefusals < TimeSpan.Zero || options.RememberRefusals > MaxMemory)
        {
            yield return new SettingsFault(
                nameof(options.RememberRefusals), $"{options.RememberRefusals} is outside 0 to 1 minute. 0 turns it off.");
        }

        if (!Enum.IsDefined(options.Layout))
        {
            yield return new SettingsFault(nameof(options.Layout), $"{options.Layout} is not a layout of keys.");
        }

        if (options.LocalMaxKeys is < InProcessStoreOptions.MaxKeysLowerBound or > InProcessStoreOptions.MaxKeysUpperBound)
        {
            yield return new SettingsFault(
                nameof(options.LocalMaxKeys),
                $"{options.LocalMaxKeys} is outside {InProcessStoreOptions.MaxKeysLowerBound} "
                    + $"to {InProcessStoreOptions.MaxKeysUpperBound}.");
        }

        if (options.ExpectedReplicas is < MinReplicas or > MaxReplicas)
        {
            yield return new SettingsFault(
                nameof(options.ExpectedReplicas),
                $"{options.ExpectedReplicas} is outside {MinReplicas} to {MaxReplicas}. "
                    + "It is the number of processes that share the limits.");
        }

        foreach (SettingsFault fault in options.Shares is RedisSharesOptions shares ? Check(shares, options.Layout) : [])
        {
            yield return fault with { Path = $"{nameof(options.Shares)}.{fault.Path}" };
        }
    }

    private static IEnumerable<SettingsFault> Check(RedisSharesOptions shares, RedisKeyLayout layout)
    {
        if (shares.Ttl < MinTtl || shares.Ttl > MaxTtl)
        {
            yield return new SettingsFault(
                nameof(shares.Ttl), $"{shares.Ttl} is outside 500 ms to 60 s. Leave it out for 3 s, or set a time in this range.");
        }

        if (shares.MinCapacity is < LeastMinCapacity or > GreatestMinCapacity)
        {
            yield return new SettingsFault(
                nameof(shares.MinCapacity),
                $"{shares.MinCapacity} is outside {LeastMinCapacity} to {GreatestMinCapacity}. "
                    + "Leave it out for 50; a bucket of fewer tokens is not worth dividing.");
        }

        if (layout == RedisKeyLayout.Spread)
        {
            yield return new SettingsFault(
                nameof(RedisStoreOptions.Layout), "Spread cannot be used with shares: the shares of a server lie in one slot. "
                    + "Use Compact, or remove Shares.");
        }
    }

    /// <summary>Throws where a rule is broken.</summary>
    /// <exception cref="ArgumentException">It names every fault.</exception>
    internal static void ThrowIfFaulty(RedisStoreOptions options)
    {
        SettingsFault[] faults = [.. Check(options)];
        if (faults.Length > 0)
        {
            throw new ArgumentException(string.Join(" ", faults.Select(fault => $"{fault.Path}: {fault.Message}")), nameof(options));
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_.:\-]{1,64}\z")]
    private static partial Regex Prefix();
}
