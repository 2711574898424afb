namespace Sluice;

/// <summary>Says a limit by any key and condition.</summary>
/// <remarks>
/// <para>Each field can be set once; overrides add up.</para>
/// <para>Thread safety: none; use it from one thread.</para>
/// </remarks>
public sealed class LimitBuilder
{
    private readonly SetOnce _set;
    private LimitSettings _settings;

    internal LimitBuilder(string name)
    {
        _set = new SetOnce($"'{name}'");
        _settings = new LimitSettings { Name = name };
    }

    /// <summary>What the limit counts by: callers who agree in all parts share a bucket.</summary>
    /// <param name="parts"><c>user</c>, <c>tenant</c>, <c>client</c> and <c>claim:NAME</c>.</param>
    /// <exception cref="FormatException">One is not a part of a key, or is there twice; the message says what to write.</exception>
    public LimitBuilder Per(params ReadOnlySpan<string> parts)
    {
        LimitKeyPart[] read = new LimitKeyPart[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            read[i] = !LimitKeyPart.TryParse(parts[i], out LimitKeyPart? part, out string? error) ? throw new FormatException(error)
                : read.Contains(part) ? throw new FormatException($"'{part}' is in the key of '{_settings.Name}' twice. Remove one of the two.")
                : part;
        }

        LimitKey key = LimitKey.Of(read);
        return Set(nameof(Per), key, _settings with { Per = key });
    }

    /// <summary>Sets the rates, all of which a call must meet.</summary>
    /// <param name="rates">One to four rates in the short form, such as <c>60/1m</c> and <c>1000/1d</c>.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public LimitBuilder Rate(params ReadOnlySpan<string> rates) => Rate(RateList.Parse(rates));

    /// <summary>Sets the rates, all of which a call must meet.</summary>
    public LimitBuilder Rate(RateList rates) => Set(nameof(Rate), rates, _settings with { Rate = rates });

    /// <summary>Limits how many calls run at once, in place of a rate.</summary>
    /// <param name="calls">From 1 to 1,000,000.</param>
    public LimitBuilder Concurrency(int calls) => Set(nameof(Concurrency), calls, _settings with { Concurrency = calls });

    /// <summary>Sets the longest time for which a call keeps its slot: from 1 s to 7 days.</summary>
    public LimitBuilder MaxAge(TimeSpan maxAge) => Set(nameof(MaxAge), maxAge, _settings with { MaxAge = maxAge });

    /// <summary>Counts calls of these tools; a glob means all tools that it matches.</summary>
    public LimitBuilder Tools(params ReadOnlySpan<string> names) => SetWhen(nameof(Tools), _settings.When with { Tools = [.. names] });

    /// <summary>Counts uses of these prompts; a glob means all prompts that it matches.</summary>
    public LimitBuilder Prompts(params ReadOnlySpan<string> names) => SetWhen(nameof(Prompts), _settings.When with { Prompts = [.. names] });

    /// <summary>Counts reads of these resources; a glob means all resources that it matches.</summary>
    public LimitBuilder Resources(params ReadOnlySpan<string> uris) => SetWhen(nameof(Resources), _settings.When with { Resources = [.. uris] });

    /// <summary>Counts, and so meters, these methods; a glob means all methods that it matches.</summary>
    public LimitBuilder Methods(params ReadOnlySpan<string> names) => SetWhen(nameof(Methods), _settings.When with { Methods = [.. names] });

    /// <summary>Counts calls of some callers only.</summary>
    public LimitBuilder When(Action<CallerConditionBuilder> callers) =>
        SetWhen(nameof(When), _settings.When with { Callers = CallerConditionBuilder.Of(callers) });

    /// <summary>Adds other rates for some callers. The first override that matches decides.</summary>
    /// <param name="when">Says which callers.</param>
    /// <param name="rates">One to four rates in the short form, or <c>unlimited</c>, or <c>0</c> for no call at all.</param>
    /// <exception cref="FormatException">One is not a rate.</exception>
    public LimitBuilder Override(Action<CallerConditionBuilder> when, params ReadOnlySpan<string> rates) =>
        Add(new() { When = CallerConditionBuilder.Of(when), Rate = RateOverride.Parse(rates) });

    /// <summary>Adds another number of calls at once for some callers. The first override that matches decides.</summary>
    /// <param name="when">Says which callers.</param>
    /// <param name="concurrency">From 1 to 1,000,000 calls at once.</param>
    public LimitBuilder Override(Action<CallerConditionBuilder> when, int concurrency) =>
        Add(new() { When = CallerConditionBuilder.Of(when), Concurrency = concurrency });

    /// <summary>Sets what a call that this limit counts costs, where its operation and its method set nothing else.</summary>
    /// <param name="tokens">At least 1.</param>
    public LimitBuilder Cost(int tokens) => Set(nameof(Cost), tokens, _settings with { Cost = tokens });

    /// <summary>
    /// Sets how long a call that this limit counts may be held, whichever limit delays it. It applies if neither the operation nor the
    /// method of the call sets a wait.
    /// </summary>
    /// <param name="atMost">From zero to <see cref="RateLimitingSettings.MaxWait"/>.</param>
    public LimitBuilder Wait(TimeSpan atMost) => Set(nameof(Wait), atMost, _settings with { Wait = atMost });

    /// <summary>Sets the mode.</summary>
    public LimitBuilder Mode(LimitMode mode) => Set(nameof(Mode), mode, _settings with { Mode = mode });

    /// <summary>Sets what decides while the store does not answer.</summary>
    public LimitBuilder OnStoreFailure(StoreFailureMode mode) => Set(nameof(OnStoreFailure), mode, _settings with { OnStoreFailure = mode });

    /// <summary>Sets whether the buckets may be divided among processes, by a store that does so.</summary>
    public LimitBuilder Shares(bool isOn) => Set(nameof(Shares), isOn, _settings with { Shares = isOn });

    /// <summary>Sets how rejections by this limit look on the wire.</summary>
    public LimitBuilder Rejection(RejectionForm form) => Set(nameof(Rejection), form, _settings with { Rejection = form });

    internal LimitSettings ToSettings() => _settings;

    private LimitBuilder Add(LimitOverrideSettings other)
    {
        _settings = _settings with { Overrides = _settings.Overrides.Add(other) };
        return this;
    }

    private LimitBuilder SetWhen(string field, LimitCondition when)
    {
        _set.SetFirst(field);
        _settings = _settings with { When = when };
        return this;
    }

    private LimitBuilder Set(string field, object value, LimitSettings settings)
    {
        _set.Set(field, value);
        _settings = settings;
        return this;
    }
}
