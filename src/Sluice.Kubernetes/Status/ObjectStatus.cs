using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Configuration;

namespace Sluice.Kubernetes;

/// <summary>The status that an object must have.</summary>
/// <param name="Conditions">Its conditions.</param>
/// <param name="Path">The path at which a server is served; null where it is not, or the object is none of ours.</param>
/// <param name="IsOwn">Whether the whole status is ours; else the conditions alone are, beside those of another controller.</param>
internal sealed record ObjectStatus(ImmutableArray<StatusCondition> Conditions, string? Path, bool IsOwn)
{
    /// <summary>The condition in the status of servers of ToolHive.</summary>
    internal const string ToolHiveCondition = "SluiceRateLimitAccepted";

    private const int MaxFaults = 10;
    private const int MaxMessageLength = 8_192;

    /// <summary>The status that a report asks for; null for none.</summary>
    internal static ObjectStatus? Of(ResourceReport report) =>
        report.Object.Kind == FollowedKinds.Policies ? new ObjectStatus(
            [Accepted(report), ResolvedRefs(report), Programmed(report), Enforced(report)], null, IsOwn: true)
        : report.Object.Kind == FollowedKinds.Servers || report.Object.Kind == FollowedKinds.VirtualServers
            || report.Object.Kind == FollowedKinds.Gateways
            ? new ObjectStatus([Accepted(report), ResolvedRefs(report), Programmed(report)], report.Path, IsOwn: true)
        : report.HasOwnLimits ? new ObjectStatus([Accepted(report) with { Type = ToolHiveCondition }], null, IsOwn: false)
        : null;

    /// <summary>Whether an object has this status already.</summary>
    internal bool IsThatOf(ClusterObject found)
    {
        MappingNode? status = found.Root.Find("status")?.Value as MappingNode;
        return Conditions.All(condition => Read(status, condition.Type) is (StatusCondition seen, _) && seen == condition)
            && (!IsOwn || (TextOf(status, "path") == Path && TextOf(status, "observedGeneration") == Text(found.Generation)));
    }

    /// <summary>The body of a request that applies it.</summary>
    /// <param name="found">The object as it is now.</param>
    /// <param name="now">The instant of what changes by it.</param>
    internal JsonObject ToBody(ClusterObject found, DateTimeOffset now)
    {
        MappingNode? before = found.Root.Find("status")?.Value as MappingNode;
        JsonObject status = new()
        {
            ["conditions"] = new JsonArray([.. Conditions.Select(condition => new JsonObject
            {
                ["type"] = condition.Type,
                ["status"] = condition.Status,
                ["reason"] = condition.Reason,
                ["message"] = condition.Message,
                ["observedGeneration"] = condition.Generation,
                ["lastTransitionTime"] = Read(before, condition.Type) is (StatusCondition seen, string since)
                    && seen.Status == condition.Status
                    ? since
                    : now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            })]),
        };
        if (IsOwn)
        {
            status["observedGeneration"] = found.Generation;
            if (Path is not null)
            {
                status["path"] = Path;
            }
        }

        return new JsonObject
        {
            ["apiVersion"] = $"{found.Kind.Group}/{found.Kind.Version}",
            ["kind"] = found.Kind.Kind,
            // With a version the server rejects the status of a gateway that was frozen since it read the object: another one has written
            // then.
            ["metadata"] = new JsonObject { ["name"] = found.Name, ["namespace"] = found.Namespace, ["resourceVersion"] = found.ResourceVersion },
            ["status"] = status,
        };
    }

    private static StatusCondition Accepted(ResourceReport report) =>
        !report.Faults.IsEmpty ? Condition(
            report, "Accepted", "False", "Invalid", Lines(report.Faults.Select(fault => $"{fault.Path}: {fault.Message}")))
        : report is { UsedGeneration: null, Conflicts.IsEmpty: false } ? Condition(
            report, "Accepted", "False", "Conflicted", Lines(report.Conflicts))
        : Condition(report, "Accepted", "True", "Accepted", Lines(["It is valid.", .. report.Conflicts]));

    private static StatusCondition ResolvedRefs(ResourceReport report) =>
        !report.Faults.IsEmpty ? Condition(
            report, "ResolvedRefs", "Unknown", "Invalid", "It is invalid, so its references were not followed.")
        : !report.Missing.IsEmpty ? Condition(
            report, "ResolvedRefs", "False", report.Object.Kind == FollowedKinds.Policies ? "TargetNotFound"
                : report.Object.Kind == FollowedKinds.Gateways ? "SecretNotFound" : "BackendNotFound", Lines(report.Missing))
        : Condition(report, "ResolvedRefs", "True", "ResolvedRefs", "All references lead to an object.");

    private static StatusCondition Programmed(ResourceReport report) =>
        report.LacksPolicy ? Condition(
            report, "Programmed", "False", "NoPolicy", "It is not served: no RateLimitPolicy limits it, "
                + "and the gateway runs with --require-policy.")
        : !report.NeedsRestart.IsEmpty ? Condition(
            report, "Programmed", "False", "RestartNeeded", "These settings have changed, and keep their values until a restart: "
                + $"{string.Join(", ", report.NeedsRestart)}.")
        : report.UsedGeneration is not long used ? Condition(report, "Programmed", "False", "NotProgrammed", "No call is decided by it.")
        : used != report.Object.Generation ? Condition(
            report, "Programmed", "False", "EarlierGeneration", $"Calls are decided by generation {used}.")
        : Condition(report, "Programmed", "True", "Programmed", $"Calls are decided by generation {used}.");

    private static StatusCondition Enforced(ResourceReport report) =>
        report.UsedGeneration is null ? Condition(report, "Enforced", "False", "NotProgrammed", "No call is decided by it.")
        : report.Mode is not LimitMode.Enforce ? Condition(
            report, "Enforced", "False", $"{report.Mode}",
            $"Its mode is '{report.Mode.ToString().ToLowerInvariant()}': it rejects no call.")
        : Condition(report, "Enforced", "True", "Enforced", $"It limits {string.Join(", ", report.Applied)}.");

    private static StatusCondition Condition(ResourceReport report, string type, string status, string reason, string message) =>
        new(type, status, reason, message.Length > MaxMessageLength ? message[..MaxMessageLength] : message, report.Object.Generation);

    private static string Lines(IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        return string.Join('\n', all.Length > MaxFaults ? [.. all[..MaxFaults], $"And {all.Length - MaxFaults} more."] : all);
    }

    private static (StatusCondition Condition, string Since)? Read(MappingNode? status, string type)
    {
        MappingNode? found = (status?.Find("conditions")?.Value as SequenceNode)?.Items.OfType<MappingNode>().FirstOrDefault(item => TextOf(item, "type") == type);
        return found is null
            || !long.TryParse(TextOf(found, "observedGeneration"), NumberStyles.None, CultureInfo.InvariantCulture, out long generation)
            ? null
            : (new StatusCondition(type, TextOf(found, "status") ?? "", TextOf(found, "reason") ?? "", TextOf(found, "message") ?? "", generation), TextOf(found, "lastTransitionTime") ?? "");
    }

    private static string? TextOf(MappingNode? group, string field) => (group?.Find(field)?.Value as ScalarNode)?.Value;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
