using System.Globalization;

namespace Sluice.Gateway;

/// <summary>How the callers of buckets are shown.</summary>
internal static class CallerNaming
{
    /// <summary>The name of the caller who has a bucket; null for a shared one.</summary>
    /// <remarks>A caller that is not recent is shown as <c>~</c> and a number, which is valid in this process only.</remarks>
    internal static string? Of(CallerNames names, SurveyedBucket bucket) => bucket.IsShared ? null
        : bucket.Caller is CallerIdentity caller ? names.Of(Shown(bucket.Limit.Key, caller))
        : "~" + ((uint)(bucket.Number >> 32)).ToString("x8", CultureInfo.InvariantCulture);

    /// <summary>The part of a caller's identity that a limit counts by, as an identity that can be shown.</summary>
    internal static CallerIdentity Shown(LimitKey key, CallerIdentity caller)
    {
        if (key.Contains(LimitKeyPart.User))
        {
            return caller;
        }

        if (key.Contains(LimitKeyPart.Client))
        {
            return new CallerIdentity(caller.Issuer, subject: null, tenant: null, caller.Client);
        }

        if (key.Contains(LimitKeyPart.Tenant))
        {
            return new CallerIdentity(caller.Issuer, subject: null, caller.Tenant, client: null);
        }

        string claims = string.Join(
            ' ', key.Select(part => part.Claim).OfType<string>().Select(name => $"{name}={string.Join(',', caller.Claim(name))}"));
        return new CallerIdentity(caller.Issuer, claims.Length == 0 ? null : claims, tenant: null, client: null);
    }
}
