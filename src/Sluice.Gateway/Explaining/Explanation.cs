using System.Collections.Immutable;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>What a file's limits do to a call of a caller, and why.</summary>
internal sealed class Explanation
{
    private const string CostField = "cost";
    private readonly PolicyFile _file;
    private readonly PolicyOfServer _server;

    private Explanation(PolicyFile file, PolicyOfServer server, ExplainedRequest request, DescribedCaller caller, CallerIdentity identity)
    {
        _file = file;
        _server = server;
        Request = request;
        Caller = caller;
        Identity = identity;
        Call = server.Policy?.Explain(request.Method, request.Operation, request.Backend, identity)
            ?? new ExplainedCall(ApplicableLimits.None, CostField, []);
    }

    internal string File => _file.Path;

    internal string Server => _server.Name;

    internal RateLimitPolicy? Policy => _server.Policy;

    internal ExplainedRequest Request { get; }

    /// <summary>The server behind a virtual server to which the call goes, where limits depend on it; else null.</summary>
    internal string? BackendThatCounts => _server.LimitsBackends ? Request.Backend : null;

    internal DescribedCaller Caller { get; }

    internal CallerIdentity Identity { get; }

    internal ExplainedCall Call { get; }

    /// <summary>The limits of the call, each with those that are written with it.</summary>
    internal IEnumerable<(RateLimit Limit, ExplainedLimits Of)> Applicable =>
        Call.Limits.Limits.ToArray().Select(limit => (limit, Call.Considered.First(considered => considered.Limits.Contains(limit))));

    /// <summary>What the wall clock shows when the call comes.</summary>
    internal required DateTimeOffset At { get; init; }

    /// <summary>Notes for the operator, beside the limits.</summary>
    internal ImmutableArray<string> Notes { get; private init; } = [];

    /// <summary>The limits that do not apply, and why not.</summary>
    internal ImmutableArray<LeftOutLimit> LeftOut { get; private init; } = [];

    internal static Explanation Of(
        PolicyFile file, PolicyOfServer server, ExplainedRequest request, DescribedCaller described, DateTimeOffset at)
    {
        List<string> notes = [];
        DescribedCaller caller = described.WithKeys(file.Auth, notes);
        CallerIdentity identity = caller.ToIdentity(file.Auth.UserAcrossTenants, server.Policy?.Claims ?? []);
        Explanation explanation = new(file, server, request, caller, identity) { At = at };
        if (server.Policy is RateLimitPolicy policy)
        {
            notes.AddRange(NameNotes.Of(policy, request, caller));
        }

        return new Explanation(file, server, request, caller, identity)
        {
            At = at,
            Notes = [.. notes],
            LeftOut = server.Policy is null ? [] : [.. LeftOutLimit.Of(explanation)],
        };
    }

    /// <summary>Where a value of the limits is written.</summary>
    internal Fault PlaceOf(string path) => _file.PlaceOf(_server, path);

    /// <summary>The file and the line: <c>sluice.yaml:14</c>.</summary>
    internal string LineOf(string path) => PlaceOf(path) is { Line: > 0 } place ? $"{place.File}:{place.Line}" : File;

    /// <summary>Whether the settings say what a call costs; otherwise the default holds.</summary>
    internal bool IsCostWritten => Call.CostPath != CostField || _file.Has(_server, CostField);

    /// <summary>The values by which a limit counts the caller, part by part; null for a part that the caller lacks.</summary>
    internal IEnumerable<(string Part, string? Value)> KeyOf(LimitKey key) =>
        key.Select(part => (part.ToString(), part.Claim is string claim
        ? Identity.Claim(claim) is { IsEmpty: false } values ? string.Join(" and ", values) : null
        : part == LimitKeyPart.Tenant ? Identity.Tenant
        : part == LimitKeyPart.Client ? Identity.Client
        : Identity.Subject is string user && Identity.Tenant is string tenant && !Identity.UserSpansTenants ? $"{user} of {tenant}"
        : Identity.Subject));
}
