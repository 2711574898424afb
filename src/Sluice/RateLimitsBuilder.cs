using System.Collections.Immutable;

namespace Sluice;

/// <summary>Says the limits of a server by calls that read like the configuration.</summary>
/// <example>
/// <code>
/// limits => limits
///     .Shared("1000/1m")
///     .PerUser("100/1m")
///     .Tool("search", tool => tool.PerUser("10/1m").Cost(2))
/// </code>
/// </example>
/// <remarks>
/// <para>
/// Each field can be set once: a second call with another value throws <see cref="InvalidOperationException"/>, since it would
/// discard the first. Operations add up.
/// </para>
/// <para>Thread safety: none; use it from one thread.</para>
/// </remarks>
public sealed class RateLimitsBuilder
{
    private readonly SetOnce _set = new("the server");
    private RateLimitingSettings _settings = new();

    /// <summary>Limits all callers together.</summary>
    /// <param name="rates">One to four rates in the short form, such as <c>60/1m</c> and <c>1000/1d</c>; a call must meet all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public RateLimitsBuilder Shared(params ReadOnlySpan<string> rates) => Shared(RateList.Parse(rates));

    /// <summary>Limits all callers together.</summary>
    public RateLimitsBuilder Shared(RateList rates) => Set(nameof(Shared), rates, _settings with { Shared = rates });

    /// <summary>Limits each tenant.</summary>
    /// <param name="rates">One to four rates in the short form, such as <c>60/1m</c> and <c>1000/1d</c>; a call must meet all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public RateLimitsBuilder PerTenant(params ReadOnlySpan<string> rates) => PerTenant(RateList.Parse(rates));

    /// <summary>Limits each tenant.</summary>
    public RateLimitsBuilder PerTenant(RateList rates) => Set(nameof(PerTenant), rates, _settings with { PerTenant = rates });

    /// <summary>Limits each user.</summary>
    /// <param name="rates">One to four rates in the short form, such as <c>60/1m</c> and <c>1000/1d</c>; a call must meet all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public RateLimitsBuilder PerUser(params ReadOnlySpan<string> rates) => PerUser(RateList.Parse(rates));

    /// <summary>Limits each user.</summary>
    public RateLimitsBuilder PerUser(RateList rates) => Set(nameof(PerUser), rates, _settings with { PerUser = rates });

    /// <summary>Limits each OAuth client.</summary>
    /// <param name="rates">One to four rates in the short form, such as <c>60/1m</c> and <c>1000/1d</c>; a call must meet all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public RateLimitsBuilder PerClient(params ReadOnlySpan<string> rates) => PerClient(RateList.Parse(rates));

    /// <summary>Limits each OAuth client.</summary>
    public RateLimitsBuilder PerClient(RateList rates) => Set(nameof(PerClient), rates, _settings with { PerClient = rates });

    /// <summary>Limits how many calls run at once: <c>Concurrency(new() { PerUser = 4 })</c>.</summary>
    public RateLimitsBuilder Concurrency(ConcurrencySettings concurrency)
    {
        ArgumentNullException.ThrowIfNull(concurrency);
        return Set(nameof(Concurrency), concurrency, _settings with { Concurrency = concurrency });
    }

    /// <summary>Limits a tool, or all tools that match a glob.</summary>
    public RateLimitsBuilder Tool(string name, Action<OperationLimitsBuilder> configure) =>
        With(_settings with { Tools = Add(_settings.Tools, name, configure) });

    /// <summary>Limits a prompt, or all prompts that match a glob.</summary>
    public RateLimitsBuilder Prompt(string name, Action<OperationLimitsBuilder> configure) =>
        With(_settings with { Prompts = Add(_settings.Prompts, name, configure) });

    /// <summary>Limits a resource by its URI, or all resources that match a glob.</summary>
    public RateLimitsBuilder Resource(string uri, Action<OperationLimitsBuilder> configure) =>
        With(_settings with { Resources = Add(_settings.Resources, uri, configure) });

    /// <summary>Limits a JSON-RPC method, which meters it, or all methods that match a glob.</summary>
    public RateLimitsBuilder Method(string name, Action<OperationLimitsBuilder> configure) =>
        With(_settings with { Methods = Add(_settings.Methods, name, configure) });

    /// <summary>
    /// Adds other numbers for some callers. The first override that matches a caller and names a scope decides for that scope.
    /// </summary>
    /// <param name="when">Says which callers.</param>
    /// <param name="configure">Says the numbers.</param>
    public RateLimitsBuilder Override(Action<CallerConditionBuilder> when, Action<OverrideBuilder> configure) =>
        With(_settings with { Overrides = _settings.Overrides.Add(OverrideBuilder.Of(when, configure)) });

    /// <summary>Adds a limit by any key and condition.</summary>
    /// <param name="name">Its name, by which rejections, headers and metrics call it.</param>
    /// <param name="configure">Says the rest.</param>
    public RateLimitsBuilder Limit(string name, Action<LimitBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configure);
        LimitBuilder builder = new(name);
        configure(builder);
        return With(_settings with { Limits = _settings.Limits.Add(builder.ToSettings()) });
    }

    /// <summary>Sets what a call costs where its operation sets nothing else.</summary>
    /// <param name="tokens">At least 1.</param>
    public RateLimitsBuilder Cost(int tokens) =>
        Set(nameof(Cost), tokens, _settings with { Cost = tokens });

    /// <summary>Sets how long a call that comes too early is held instead of being rejected.</summary>
    /// <param name="atMost">From 0 to 60 s; 0 rejects it at once.</param>
    public RateLimitsBuilder Wait(TimeSpan atMost) =>
        Set(nameof(Wait), atMost, _settings with { Wait = atMost });

    /// <summary>Sets how many calls are held at a time.</summary>
    /// <param name="calls">From 1 to 100,000.</param>
    public RateLimitsBuilder MaxWaiting(int calls) =>
        Set(nameof(MaxWaiting), calls, _settings with { MaxWaiting = calls });

    /// <summary>Sets the mode of the policy.</summary>
    public RateLimitsBuilder Mode(LimitMode mode) =>
        Set(nameof(Mode), mode, _settings with { Mode = mode });

    /// <summary>Sets which requests count.</summary>
    public RateLimitsBuilder Meter(MeteredRequests requests) =>
        Set(nameof(Meter), requests, _settings with { Meter = requests });

    /// <summary>Counts every request, as FastMCP does, except those whose rejection breaks clients.</summary>
    public RateLimitsBuilder MeterAllRequests() => Meter(MeteredRequests.All);

    /// <summary>Counts the calls of tools by the limits of the server, and no other request.</summary>
    public RateLimitsBuilder MeterToolsOnly() => Meter(MeteredRequests.Tools);

    /// <summary>Sets what happens to a call that lacks the identity that a limit counts by.</summary>
    public RateLimitsBuilder MissingIdentity(MissingIdentity handling) =>
        Set(nameof(MissingIdentity), handling, _settings with { MissingIdentity = handling });

    /// <summary>Sets what decides while the store does not answer.</summary>
    public RateLimitsBuilder OnStoreFailure(StoreFailureMode mode) =>
        Set(nameof(OnStoreFailure), mode, _settings with { OnStoreFailure = mode });

    /// <summary>Sets whether the buckets may be divided among processes, by a store that does so. The default is true.</summary>
    public RateLimitsBuilder Shares(bool isOn) => Set(nameof(Shares), isOn, _settings with { Shares = isOn });

    /// <summary>Sets how rejections look on the wire.</summary>
    public RateLimitsBuilder Rejection(RejectionForm form) =>
        Set(nameof(Rejection), form, _settings with { Rejection = form });

    /// <summary>Sets the code of a rejection's JSON-RPC error.</summary>
    public RateLimitsBuilder ErrorCode(int code) =>
        Set(nameof(ErrorCode), code, _settings with { ErrorCode = code });

    /// <summary>Tells apart names of operations that differ only in the case of their letters.</summary>
    public RateLimitsBuilder CaseSensitive() => With(_settings with { CaseSensitive = true });

    /// <summary>What was said so far.</summary>
    public RateLimitingSettings ToSettings() => _settings;

    private RateLimitsBuilder Set(string field, object value, RateLimitingSettings settings)
    {
        _set.Set(field, value);
        return With(settings);
    }

    private RateLimitsBuilder With(RateLimitingSettings settings)
    {
        _settings = settings;
        return this;
    }

    private static ImmutableArray<OperationSettings> Add(
        ImmutableArray<OperationSettings> entries, string name, Action<OperationLimitsBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configure);
        OperationLimitsBuilder builder = new(name);
        configure(builder);
        return entries.Add(builder.ToSettings());
    }
}
