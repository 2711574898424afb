namespace Sluice;

/// <summary>Says the limits of one tool, prompt, resource or method.</summary>
/// <remarks>
/// <para>
/// Each field can be set once: a second call with another value throws <see cref="InvalidOperationException"/>, since it would
/// discard the first.
/// </para>
/// <para>Thread safety: none; use it from one thread.</para>
/// </remarks>
public sealed class OperationLimitsBuilder
{
    private readonly SetOnce _set;
    private OperationSettings _settings;

    internal OperationLimitsBuilder(string name)
    {
        _set = new SetOnce($"'{name}'");
        _settings = new OperationSettings { Name = name };
    }

    /// <summary>Limits all callers together.</summary>
    /// <param name="rates">One to four rates in the short form, such as <c>60/1m</c> and <c>1000/1d</c>; a call must meet all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public OperationLimitsBuilder Shared(params ReadOnlySpan<string> rates) => Shared(RateList.Parse(rates));

    /// <summary>Limits all callers together.</summary>
    public OperationLimitsBuilder Shared(RateList rates) => Set(nameof(Shared), rates, _settings with { Shared = rates });

    /// <summary>Limits each tenant.</summary>
    /// <param name="rates">One to four rates in the short form, such as <c>60/1m</c> and <c>1000/1d</c>; a call must meet all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public OperationLimitsBuilder PerTenant(params ReadOnlySpan<string> rates) => PerTenant(RateList.Parse(rates));

    /// <summary>Limits each tenant.</summary>
    public OperationLimitsBuilder PerTenant(RateList rates) => Set(nameof(PerTenant), rates, _settings with { PerTenant = rates });

    /// <summary>Limits each user.</summary>
    /// <param name="rates">One to four rates in the short form, such as <c>60/1m</c> and <c>1000/1d</c>; a call must meet all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public OperationLimitsBuilder PerUser(params ReadOnlySpan<string> rates) => PerUser(RateList.Parse(rates));

    /// <summary>Limits each user.</summary>
    public OperationLimitsBuilder PerUser(RateList rates) => Set(nameof(PerUser), rates, _settings with { PerUser = rates });

    /// <summary>Limits each OAuth client.</summary>
    /// <param name="rates">One to four rates in the short form, such as <c>60/1m</c> and <c>1000/1d</c>; a call must meet all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public OperationLimitsBuilder PerClient(params ReadOnlySpan<string> rates) => PerClient(RateList.Parse(rates));

    /// <summary>Limits each OAuth client.</summary>
    public OperationLimitsBuilder PerClient(RateList rates) => Set(nameof(PerClient), rates, _settings with { PerClient = rates });

    /// <summary>Limits how many calls run at once: <c>Concurrency(new() { PerUser = 4 })</c>.</summary>
    public OperationLimitsBuilder Concurrency(ConcurrencySettings concurrency)
    {
        ArgumentNullException.ThrowIfNull(concurrency);
        return Set(nameof(Concurrency), concurrency, _settings with { Concurrency = concurrency });
    }

    /// <summary>
    /// Adds other numbers for some callers. The first override that matches a caller and names a scope decides for that scope.
    /// </summary>
    /// <param name="when">Says which callers.</param>
    /// <param name="configure">Says the numbers.</param>
    public OperationLimitsBuilder Override(Action<CallerConditionBuilder> when, Action<OverrideBuilder> configure)
    {
        _settings = _settings with { Overrides = _settings.Overrides.Add(OverrideBuilder.Of(when, configure)) };
        return this;
    }

    /// <summary>Sets what a call costs, in every limit that applies to it.</summary>
    /// <param name="tokens">At least 1.</param>
    public OperationLimitsBuilder Cost(int tokens) =>
        Set(nameof(Cost), tokens, _settings with { Cost = tokens });

    /// <summary>Sets how long a call that comes too early is held instead of being rejected.</summary>
    /// <param name="atMost">From 0 to 60 s; 0 rejects it at once.</param>
    public OperationLimitsBuilder Wait(TimeSpan atMost) =>
        Set(nameof(Wait), atMost, _settings with { Wait = atMost });

    /// <summary>Sets the mode of these limits.</summary>
    public OperationLimitsBuilder Mode(LimitMode mode) =>
        Set(nameof(Mode), mode, _settings with { Mode = mode });

    /// <summary>Sets what decides while the store does not answer.</summary>
    public OperationLimitsBuilder OnStoreFailure(StoreFailureMode mode) =>
        Set(nameof(OnStoreFailure), mode, _settings with { OnStoreFailure = mode });

    /// <summary>Sets whether the buckets may be divided among processes, by a store that does so.</summary>
    public OperationLimitsBuilder Shares(bool isOn) => Set(nameof(Shares), isOn, _settings with { Shares = isOn });

    /// <summary>Sets how rejections by these limits look on the wire.</summary>
    public OperationLimitsBuilder Rejection(RejectionForm form) =>
        Set(nameof(Rejection), form, _settings with { Rejection = form });

    internal OperationSettings ToSettings() => _settings;

    private OperationLimitsBuilder Set(string field, object value, OperationSettings settings)
    {
        _set.Set(field, value);
        _settings = settings;
        return this;
    }
}
