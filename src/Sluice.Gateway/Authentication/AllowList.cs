using System.Collections.Immutable;
using Sluice.Documents;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>Decides which operations a caller may use, before any limit is asked.</summary>
/// <remarks>
/// With a list, what no entry allows is rejected: every kind of operation, whether the list names that kind or not.
/// Methods that run nothing and read nothing by name, such as <c>tools/list</c>, are always allowed.
/// </remarks>
internal static class AllowList
{
    /// <summary>Whether the caller may make the call.</summary>
    /// <param name="rules">The server's list; null for none.</param>
    /// <param name="message">The call.</param>
    /// <param name="claims">What the caller was granted.</param>
    internal static bool Allows(ImmutableArray<AllowRule>? rules, McpMessage message, CallerClaims claims)
    {
        if (rules is not ImmutableArray<AllowRule> list || KindOf(message) is not OperationKind kind)
        {
            return true;
        }

        foreach (AllowRule rule in list)
        {
            if (rule.AppliesTo(kind, message.Operation) && (rule.Claim is null || claims.HasAny(rule.Claim, rule.Values)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The scope that would have allowed a call that was rejected: the first value of the first entry that names the operation and
    /// asks for a scope. Null when no scope would have.
    /// </summary>
    internal static string? ScopeFor(ImmutableArray<AllowRule>? rules, McpMessage message) => KindOf(message) is OperationKind kind
        ? rules?.FirstOrDefault(rule => rule.AppliesTo(kind, message.Operation) && AsksForScope(rule))?.Values[0]
        : null;

    /// <summary>Whether a caller with the right claims could make the call.</summary>
    internal static bool AllowsAnyCaller(ImmutableArray<AllowRule>? rules, McpMessage message) =>
        KindOf(message) is not OperationKind kind || rules?.Any(rule => rule.AppliesTo(kind, message.Operation)) != false;

    /// <summary>All scopes for which rules ask, each once.</summary>
    internal static string[] ScopesOf(IEnumerable<AllowRule>? rules) =>
        [.. (rules ?? []).Where(AsksForScope).SelectMany(rule => rule.Values).Distinct()];

    private static bool AsksForScope(AllowRule rule) => rule.Claim is string claim && CallerClaims.IsScope(claim);

    // The reader lets no method of the protocol through in another spelling.
    private static OperationKind? KindOf(McpMessage message) => message.Method switch
    {
        "tools/call" => OperationKind.Tool,
        "prompts/get" => OperationKind.Prompt,
        "resources/read" => OperationKind.Resource,
        _ => null,
    };
}
