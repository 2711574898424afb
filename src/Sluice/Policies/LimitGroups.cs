using System.Collections.Immutable;

namespace Sluice;

/// <summary>Makes the limits of a policy's entries, those of overrides included.</summary>
internal sealed class LimitGroups(string server, RateLimitingSettings settings)
{
    private const int KindsPerScope = 8;
    private static readonly RateLimitScope[] Scopes = Enum.GetValues<RateLimitScope>();

    /// <summary>A rate for a bucket that no list of rates is about.</summary>
    private static readonly Rate NoRate = new(1, TimeSpan.FromSeconds(1));

    // Most limits have one rate, and few different periods: they need not each have a list of one bucket.
    private readonly Dictionary<RateKey, BucketKeys> _ofOne = [];
    private readonly List<LimitGroup> _made = []; // Of one target: emptied for the next.

    /// <summary>The questions about callers that the overrides and conditions ask.</summary>
    internal CallerTests Tests { get; } = new();

    /// <summary>The limits of the whole server.</summary>
    internal LimitGroup[] OfServer() => Of(
        new LimitTarget(server, OperationKind.Server, "", ""), entry: null, settings.Overrides, settings.Concurrency, Terms("", null, null, null, null));

    /// <summary>The limits of an operation.</summary>
    internal LimitGroup[] OfEntry(LimitTarget target, OperationSettings entry, string path) => Of(
        target, entry, entry.Overrides, entry.Concurrency, Terms(path, entry.Mode, entry.OnStoreFailure, entry.Rejection, entry.Shares));

    /// <summary>The entries of <c>limits</c>.</summary>
    internal LimitGroup[] OfNamed() =>
    [
        .. settings.Limits
            .Select((entry, index) => (Group: Of(entry, index), Entry: entry, Index: index))
            .Where(named => named.Group is not null)
            .Select(named => named.Group! with
            {
                Test = Tests.NumberOf(named.Entry.When.Callers),
                Named = new NamedLimit(
                    named.Entry,
                    $"limits[{named.Index}]",
                    new OperationFilter(named.Entry.When, settings.CaseSensitive),
                    named.Entry.When.Callers.IsEmpty ? null : new CallerTest(named.Entry.When.Callers)),
            }),
    ];

    private LimitGroup? Of(LimitSettings entry, int index)
    {
        LimitTarget target = LimitTarget.OfLimit(server, entry.Name);
        int order = (Scopes.Length * KindsPerScope) + index;
        string path = $"limits[{index}]";
        LimitTerms terms = Terms($"{path}.{(entry.LimitsConcurrency ? "concurrency" : "rate")}", entry.Mode, entry.OnStoreFailure, entry.Rejection, entry.Shares);
        if (entry.LimitsConcurrency)
        {
            return OfConcurrency(target, entry, path, order, terms);
        }

        (CallerCondition, RateOverride, string)[] overrides =
        [
            .. entry.Overrides
                .Select((other, number) => (other.When, Rate: other.Rate!, $"{path}.overrides[{number}].rate"))
                .Where(other => other.Rate is not null),
        ];
        return terms.Mode == LimitMode.Disabled || (entry.Rate is null && overrides.Length == 0)
            ? null
            : Of(target, entry.Per, entry.Rate, overrides, order, terms);
    }

    private LimitGroup? OfConcurrency(LimitTarget target, LimitSettings entry, string path, int order, LimitTerms terms)
    {
        return terms.Mode == LimitMode.Disabled ? null : new LimitGroup(entry.Per, LimitsOf(entry.Concurrency, terms.Path), order)
        {
            Path = terms.Path,
            Overrides = [.. entry.Overrides.Select(Override)],
            PartTests = PartTestsOf(entry.Per),
        };

        (int Test, RateLimit[] Limits, string Path) Override(LimitOverrideSettings other, int number)
        {
            string at = $"{path}.overrides[{number}].concurrency";
            return (Tests.NumberOf(other.When), LimitsOf(other.Concurrency, at), at);
        }

        RateLimit[] LimitsOf(int? calls, string at) => calls is int number
            ? [RateLimit.OfConcurrency(target, entry.Per, number, MaxAgeOf(entry.MaxAge), terms with { Path = at })]
            : [];
    }

    private LimitGroup[] Of(
        LimitTarget target,
        OperationSettings? entry,
        ImmutableArray<OverrideSettings> overrides,
        ConcurrencySettings? concurrency,
        LimitTerms terms)
    {
        if (terms.Mode == LimitMode.Disabled)
        {
            return [];
        }

        _made.Clear();
        foreach (RateLimitScope scope in Scopes)
        {
            RateList? rates = entry is null ? settings[scope] : entry[scope];
            (CallerCondition, RateOverride, string)[] others = overrides.IsEmpty ? [] : OverridesOf(scope, overrides, terms.Path);
            if (rates is not null || others.Length > 0)
            {
                LimitTerms written = terms with { Path = PathOf(terms.Path, LimitNames.Of(scope)) };
                _made.Add(Of(target, LimitKey.Of(scope), rates, others, OrderOf(scope, target), written));
            }
        }

        foreach (RateLimitScope scope in Scopes)
        {
            if (concurrency?[scope] is not null)
            {
                _made.Add(OfConcurrency(target, scope, concurrency, terms));
            }
        }

        return [.. _made];
    }

    private static (CallerCondition When, RateOverride Rate, string Path)[] OverridesOf(
        RateLimitScope scope, ImmutableArray<OverrideSettings> overrides, string path) =>
        [
            .. overrides
                .Select((other, number) => (other.When, Rate: other[scope]!, PathOf(path, $"overrides[{number}].{LimitNames.Of(scope)}")))
                .Where(other => other.Rate is not null),
        ];

    private LimitGroup Of(
        LimitTarget target, LimitKey key, RateList? rates, (CallerCondition When, RateOverride Rate, string Path)[] overrides, int order, LimitTerms terms) =>
        overrides.Length == 0 && rates is [Rate only]
            ? new LimitGroup(key, RateLimit.Of(target, key, BucketOf(only), 0, rates, terms), order) { Path = terms.Path, PartTests = PartTestsOf(key) }
            : OfLists(target, key, rates, overrides, order, terms);

    private LimitGroup OfLists(
        LimitTarget target, LimitKey key, RateList? rates, (CallerCondition When, RateOverride Rate, string Path)[] overrides, int order, LimitTerms terms)
    {
        RateList[] lists = [.. new[] { rates }.Concat(overrides.Select(other => other.Rate.Rates)).OfType<RateList>().Where(list => list.Count > 0)];
        lists = lists.Length == 0 ? [RateList.Create(NoRate)] : lists;
        BucketKeys buckets = BucketKeys.Of(lists);
        return new LimitGroup(key, rates is null ? [] : Limits(rates, terms.Path), order)
        {
            Path = terms.Path,
            Overrides = [.. overrides.Select(other => (Tests.NumberOf(other.When), LimitsOf(other.Rate, other.Path), other.Path))],
            PartTests = PartTestsOf(key),
        };

        RateLimit[] Limits(RateList list, string path) =>
            RateLimit.Of(target, key, buckets, Array.IndexOf(lists, list), list, terms with { Path = path });

        RateLimit[] LimitsOf(RateOverride other, string path) => other.IsUnlimited ? []
            : other.Rates is RateList list ? Limits(list, path)
            : [RateLimit.OfNothing(target, key, buckets, lists[0][0], terms with { Path = path })];
    }

    private BucketKeys BucketOf(Rate rate)
    {
        RateKey name = RateKey.Of(rate);
        if (!_ofOne.TryGetValue(name, out BucketKeys? buckets))
        {
            _ofOne.Add(name, buckets = BucketKeys.OfOne(name));
        }

        return buckets;
    }

    private LimitGroup OfConcurrency(LimitTarget target, RateLimitScope scope, ConcurrencySettings concurrency, LimitTerms terms)
    {
        LimitKey key = LimitKey.Of(scope);
        LimitTerms written = terms with { Path = PathOf(terms.Path, $"concurrency.{LimitNames.Of(scope)}") };
        RateLimit limit = RateLimit.OfConcurrency(target, key, concurrency[scope]!.Value, MaxAgeOf(concurrency.MaxAge), written);
        return new LimitGroup(key, [limit], OrderOf(scope, target)) { Path = written.Path, PartTests = PartTestsOf(key) };
    }

    private static string PathOf(string entry, string field) => entry.Length == 0 ? field : $"{entry}.{field}";

    private TimeSpan MaxAgeOf(TimeSpan? own) => own ?? settings.Concurrency?.MaxAge ?? ConcurrencySettings.DefaultMaxAge;

    private static int OrderOf(RateLimitScope scope, LimitTarget target) => ((int)scope * KindsPerScope) + (int)target.Kind;

    private int[] PartTestsOf(LimitKey key) => settings.MissingIdentity == MissingIdentity.Pool ? [] : [.. key.Select(Tests.NumberOf)];

    // The policy's mode goes over an entry's: permissive or disabled as a whole, no entry enforces.
    private LimitTerms Terms(string path, LimitMode? mode, StoreFailureMode? onStoreFailure, RejectionForm? rejection, bool? shares) => new(
        (LimitMode)Math.Max((int)settings.Mode, (int)(mode ?? LimitMode.Enforce)),
        onStoreFailure ?? settings.OnStoreFailure,
        rejection ?? settings.Rejection,
        shares ?? settings.Shares,
        path);
}
