namespace Sluice;

/// <summary>Says other numbers for some callers. What is not said stays as it is.</summary>
/// <remarks>Each scope can be set once. Thread safety: none; use it from one thread.</remarks>
public sealed class OverrideBuilder
{
    private readonly SetOnce _set = new("an override");
    private OverrideSettings _settings;

    internal OverrideBuilder(CallerCondition when) => _settings = new OverrideSettings { When = when };

    /// <summary>In the place of the limit that all callers share.</summary>
    /// <param name="rates">One to four rates in the short form, or <c>unlimited</c>, or <c>0</c> for no call at all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public OverrideBuilder Shared(params ReadOnlySpan<string> rates) => Shared(RateOverride.Parse(rates));

    /// <summary>In the place of the limit that all callers share.</summary>
    public OverrideBuilder Shared(RateOverride rates) => Set(nameof(Shared), rates, _settings with { Shared = rates });

    /// <summary>In the place of the limit of each tenant.</summary>
    /// <param name="rates">One to four rates in the short form, or <c>unlimited</c>, or <c>0</c> for no call at all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public OverrideBuilder PerTenant(params ReadOnlySpan<string> rates) => PerTenant(RateOverride.Parse(rates));

    /// <summary>In the place of the limit of each tenant.</summary>
    public OverrideBuilder PerTenant(RateOverride rates) => Set(nameof(PerTenant), rates, _settings with { PerTenant = rates });

    /// <summary>In the place of the limit of each user.</summary>
    /// <param name="rates">One to four rates in the short form, or <c>unlimited</c>, or <c>0</c> for no call at all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public OverrideBuilder PerUser(params ReadOnlySpan<string> rates) => PerUser(RateOverride.Parse(rates));

    /// <summary>In the place of the limit of each user.</summary>
    public OverrideBuilder PerUser(RateOverride rates) => Set(nameof(PerUser), rates, _settings with { PerUser = rates });

    /// <summary>In the place of the limit of each OAuth client.</summary>
    /// <param name="rates">One to four rates in the short form, or <c>unlimited</c>, or <c>0</c> for no call at all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public OverrideBuilder PerClient(params ReadOnlySpan<string> rates) => PerClient(RateOverride.Parse(rates));

    /// <summary>In the place of the limit of each OAuth client.</summary>
    public OverrideBuilder PerClient(RateOverride rates) => Set(nameof(PerClient), rates, _settings with { PerClient = rates });

    /// <summary>What was said.</summary>
    internal static OverrideSettings Of(Action<CallerConditionBuilder> when, Action<OverrideBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        OverrideBuilder builder = new(CallerConditionBuilder.Of(when));
        configure(builder);
        return builder._settings;
    }

    private OverrideBuilder Set(string field, object value, OverrideSettings settings)
    {
        _set.Set(field, value);
        _settings = settings;
        return this;
    }
}
