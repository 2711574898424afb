namespace Sluice;

/// <summary>A limit in ToolHive's words, which queries of its users expect.</summary>
internal static class LimitLabels
{
    /// <summary>The scope: <c>shared</c>, <c>per_user</c>; <c>per_key</c> for a key of no scope.</summary>
    internal static string Scope(LimitKey key) => key.Scope switch
    {
        RateLimitScope.Shared => "shared",
        RateLimitScope.PerTenant => "per_tenant",
        RateLimitScope.PerUser => "per_user",
        RateLimitScope.PerClient => "per_client",
        _ => "per_key",
    };

    /// <summary>The kind of the operation: <c>server</c>, <c>tool</c>.</summary>
    internal static string Kind(OperationKind kind) => LimitNames.Of(kind);

    /// <summary>The scope and the kind of the operation: <c>per_user_tool</c>.</summary>
    internal static string ScopeAndKind(RateLimit limit) => $"{Scope(limit.Key)}_{limit.KindName}";
}
