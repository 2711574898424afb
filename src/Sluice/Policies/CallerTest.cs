using System.Collections.Frozen;

namespace Sluice;

/// <summary>A question about a caller that a policy asks: whether it matches a condition, or has a part.</summary>
/// <remarks>Thread safety: immutable. Asking does not allocate.</remarks>
internal sealed class CallerTest
{
    private readonly FrozenSet<string>? _users;
    private readonly FrozenSet<string>? _tenants;
    private readonly FrozenSet<string>? _clients;
    private readonly (string Name, FrozenSet<string> Values)[] _claims = [];
    private readonly LimitKeyPart? _part;

    internal CallerTest(CallerCondition condition)
    {
        _users = SetOf(condition.Users);
        _tenants = SetOf(condition.Tenants);
        _clients = SetOf(condition.Clients);
        _claims = [.. condition.Claims.Select(claim => (claim.Name, SetOf(claim.Values) ?? []))];
    }

    internal CallerTest(LimitKeyPart part) => _part = part;

    /// <summary>Whether the caller passes.</summary>
    internal bool Passes(CallerIdentity caller) => _part is not null
        ? caller.Has(_part)
        : Contains(_users, caller.Subject) && Contains(_tenants, caller.Tenant) && Contains(_clients, caller.Client) && HasClaims(caller);

    /// <summary>Whether it asks the same as another.</summary>
    internal bool IsSameAs(CallerTest other) => _part is null && other._part is null && Implies(other) && other.Implies(this);

    /// <summary>Whether every caller who passes passes the other test too.</summary>
    internal bool Implies(CallerTest other) =>
        IsWithin(_users, other._users)
        && IsWithin(_tenants, other._tenants)
        && IsWithin(_clients, other._clients)
        && other._claims.All(claim => IsWithin(_claims.FirstOrDefault(own => own.Name == claim.Name).Values, claim.Values));

    /// <summary>Whether no caller passes both tests, since a caller has one user, one tenant and one client at most.</summary>
    internal bool Excludes(CallerTest other) =>
        AreDisjoint(_users, other._users) || AreDisjoint(_tenants, other._tenants) || AreDisjoint(_clients, other._clients);

    private static FrozenSet<string>? SetOf(IReadOnlyCollection<string> values) =>
        values.Count == 0 ? null : values.Select(CallerIdentity.Normalize).ToFrozenSet(StringComparer.Ordinal);

    private static bool Contains(FrozenSet<string>? values, string? value) => values is null || (value is not null && values.Contains(value));

    private static bool IsWithin(FrozenSet<string>? values, FrozenSet<string>? others) =>
        others is null || (values is not null && values.IsSubsetOf(others));

    private static bool AreDisjoint(FrozenSet<string>? values, FrozenSet<string>? others) =>
        values is not null && others is not null && !values.Overlaps(others);

    private bool HasClaims(CallerIdentity caller)
    {
        foreach ((string name, FrozenSet<string> values) in _claims)
        {
            if (!HasAny(caller.FindClaim(name), values))
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasAny(CallerClaim? claim, FrozenSet<string> values)
    {
        if (claim is null)
        {
            return false;
        }

        foreach (string value in claim.Values)
        {
            if (values.Contains(value))
            {
                return true;
            }
        }

        return false;
    }
}
