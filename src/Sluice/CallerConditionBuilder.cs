using System.Collections.Immutable;

namespace Sluice;

/// <summary>Says which callers are meant. A caller must match everything that is said.</summary>
/// <remarks>Each can be said once. Thread safety: none; use it from one thread.</remarks>
public sealed class CallerConditionBuilder
{
    private readonly SetOnce _set = new("a condition");
    private CallerCondition _condition = new();

    internal CallerConditionBuilder()
    {
    }

    /// <summary>The users, of whom the caller must be one.</summary>
    public CallerConditionBuilder Users(params ReadOnlySpan<string> users) => Set(nameof(Users), users, values => _condition with { Users = values });

    /// <summary>The tenants, to one of which the caller must belong.</summary>
    public CallerConditionBuilder Tenants(params ReadOnlySpan<string> tenants) =>
        Set(nameof(Tenants), tenants, values => _condition with { Tenants = values });

    /// <summary>The clients, by one of which the caller must call.</summary>
    public CallerConditionBuilder Clients(params ReadOnlySpan<string> clients) =>
        Set(nameof(Clients), clients, values => _condition with { Clients = values });

    /// <summary>The values of a claim, of which the caller must have at least one.</summary>
    public CallerConditionBuilder Claim(string name, params ReadOnlySpan<string> values)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Set($"{nameof(Claim)} '{name}'", values, all => _condition with { Claims = _condition.Claims.Add(new ClaimCondition(name, all)) });
    }

    /// <summary>What was said.</summary>
    internal static CallerCondition Of(Action<CallerConditionBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        CallerConditionBuilder builder = new();
        configure(builder);
        return builder._condition;
    }

    private CallerConditionBuilder Set(string field, ReadOnlySpan<string> values, Func<ImmutableArray<string>, CallerCondition> with)
    {
        _set.SetFirst(field);
        _condition = with([.. values]);
        return this;
    }
}
