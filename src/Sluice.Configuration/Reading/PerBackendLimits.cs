using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>The fields of <c>rateLimiting</c> of a virtual server: those of every server, and <c>perBackend</c>.</summary>
/// <remarks><c>perBackend</c> has the limits of each server behind the virtual one, written once for all of them.</remarks>
internal static class PerBackendLimits
{
    /// <summary>The field of the limits.</summary>
    internal const string Field = "perBackend";

    /// <summary>The fields of the limits.</summary>
    internal static readonly FieldTable Table = new(
    [
        .. RateLimitingReader.Scopes,
        RateLimitingReader.ConcurrencyField,
        RateLimitingReader.OverridesField,
        RateLimitingReader.ModeField,
        RateLimitingReader.OnStoreFailureField,
        RateLimitingReader.SharesField,
        RateLimitingReader.RejectionField,
    ])
    {
        OneOf = [.. RateLimitingReader.ScopeFields.Concat(["concurrency", "overrides"]).Select(field => (string[])[field])],
        Elsewhere = RateLimitingReader.Policywide.Concat(["cost", "wait"]).ToImmutableDictionary(
            field => field, _ => "It is for the whole virtual server: write it under 'rateLimiting'."),
    };

    /// <summary>The fields of <c>rateLimiting</c> of a virtual server.</summary>
    internal static readonly FieldTable OfVirtualServer = new([.. RateLimitingReader.Table.Fields, new(Field, new GroupSpec(() => Table))])
    {
        OneOf = [.. RateLimitingReader.Table.OneOf, [Field]],
        Apart = RateLimitingReader.Table.Apart,
        Elsewhere = RateLimitingReader.Table.Elsewhere.Remove(Field),
    };

    /// <summary>The value of <c>rateLimiting</c> of a virtual server.</summary>
    internal static readonly ValueSpec Value = new SharedSpec("virtualRateLimiting", new GroupSpec(() => OfVirtualServer));
}
