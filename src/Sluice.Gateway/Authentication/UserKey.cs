namespace Sluice.Gateway;

/// <summary>A user as <c>perUser</c> counts one, for tables of what users hold at a time.</summary>
/// <param name="Issuer">The issuer that identifies the user.</param>
/// <param name="Tenant">The user's tenant, where one is known and counts; or null.</param>
/// <param name="Subject">The user's name.</param>
internal readonly record struct UserKey(string Issuer, string? Tenant, string Subject)
{
    /// <summary>The user of a caller; null for a caller without one.</summary>
    internal static UserKey? Of(CallerIdentity caller) =>
        caller.Subject is string subject ? new UserKey(caller.Issuer, caller.UserSpansTenants ? null : caller.Tenant, subject) : null;
}
