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

    /// <summary>Limits everybody together.</summary>
    /// <param name="rate">The short form, such as <c>100/1m</c>.</param>
    /// <exception cref="FormatException">It is not a rate.</exception>
    public OperationLimitsBuilder Shared(string rate) => Shared(Rate.Parse(rate));

    /// <summary>Limits everybody together.</summary>
    public OperationLimitsBuilder Shared(Rate rate) => Set(nameof(Shared), rate, _settings with { Shared = rate });

    /// <summary>Limits each tenant.</summary>
    /// <param name="rate">The short form, such as <c>100/1m</c>.</param>
    /// <exception cref="FormatException">It is not a rate.</exception>
    public OperationLimitsBuilder PerTenant(string rate) => PerTenant(Rate.Parse(rate));

    /// <summary>Limits each tenant.</summary>
    public OperationLimitsBuilder PerTenant(Rate rate) => Set(nameof(PerTenant), rate, _settings with { PerTenant = rate });

    /// <summary>Limits each user.</summary>
    /// <param name="rate">The short form, such as <c>100/1m</c>.</param>
    /// <exception cref="FormatException">It is not a rate.</exception>
    public OperationLimitsBuilder PerUser(string rate) => PerUser(Rate.Parse(rate));

    /// <summary>Limits each user.</summary>
    public OperationLimitsBuilder PerUser(Rate rate) => Set(nameof(PerUser), rate, _settings with { PerUser = rate });

    /// <summary>Limits each OAuth client.</summary>
    /// <param name="rate">The short form, such as <c>100/1m</c>.</param>
    /// <exception cref="FormatException">It is not a rate.</exception>
    public OperationLimitsBuilder PerClient(string rate) => PerClient(Rate.Parse(rate));

    /// <summary>Limits each OAuth client.</summary>
    public OperationLimitsBuilder PerClient(Rate rate) => Set(nameof(PerClient), rate, _settings with { PerClient = rate });

    /// <summary>Sets what a call costs, in every limit that applies to it.</summary>
    /// <param name="tokens">At least 1.</param>
    public OperationLimitsBuilder Cost(int tokens) =>
        Set(nameof(Cost), tokens, _settings with { Cost = tokens });

    /// <summary>Sets the mode of these limits.</summary>
    public OperationLimitsBuilder Mode(LimitMode mode) =>
        Set(nameof(Mode), mode, _settings with { Mode = mode });

    /// <summary>Sets what decides while the store does not answer.</summary>
    public OperationLimitsBuilder OnStoreFailure(StoreFailureMode mode) =>
        Set(nameof(OnStoreFailure), mode, _settings with { OnStoreFailure = mode });

    /// <summary>Sets how refusals by these limits look on the wire.</summary>
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
