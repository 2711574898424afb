using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Gives servers the limits of the policies that name them.</summary>
/// <remarks>
/// <para>Of two policies with the same target the older one applies; of equal age, the first by namespace and name.</para>
/// <para>Thread safety: one thread.</para>
/// </remarks>
internal sealed class PolicyAttachment
{
    private readonly Dictionary<ResourceTarget, Attached> _targets;
    private readonly Dictionary<PolicyResource, (List<string> Applied, List<TargetReference> Missing, List<ResourceConflict> Conflicts)> _outcomes =
        new(ReferenceEqualityComparer.Instance);

    /// <param name="targets">The servers, each with its name in the gateway, and whether it has limits of its own.</param>
    /// <param name="policies">The policies.</param>
    internal PolicyAttachment(
        IEnumerable<(ResourceTarget Target, string Server, bool HasOwnLimits)> targets, IEnumerable<PolicyResource> policies)
    {
        _targets = targets
            .DistinctBy(target => target.Target)
            .ToDictionary(target => target.Target, target => new Attached(target.Server, target.HasOwnLimits));
        foreach (PolicyResource policy in policies
            .OrderBy(policy => policy.Identity.CreatedAt)
            .ThenBy(policy => policy.Identity.Namespace, StringComparer.Ordinal)
            .ThenBy(policy => policy.Identity.Name, StringComparer.Ordinal))
        {
            Attach(policy);
        }
    }

    /// <summary>What became of each policy, the oldest first.</summary>
    internal ImmutableArray<PolicyOutcome> Outcomes =>
        [.. _outcomes.Select(outcome => new PolicyOutcome(outcome.Key, [.. outcome.Value.Applied], [.. outcome.Value.Missing], [.. outcome.Value.Conflicts]))];

    /// <summary>The policies of a server: that of the whole server first, where there is one.</summary>
    internal ImmutableArray<PolicyResource> PoliciesOf(ResourceTarget target) => _targets.TryGetValue(target, out Attached? attached)
        ? [.. attached.Whole is null ? [] : (PolicyResource[])[attached.Whole], .. attached.Sections.Values.Select(section => section.Policy)]
        : [];

    /// <summary>The limits of a server, compiled; null when no policy limits it.</summary>
    /// <param name="target">The server.</param>
    /// <param name="source">The policy that its limits are written in; of several, that of the whole server.</param>
    internal RateLimitPolicy? Compile(ResourceTarget target, out PolicyResource? source)
    {
        source = null;
        if (!_targets.TryGetValue(target, out Attached? attached) || (attached.Whole is null && attached.Sections.Count == 0))
        {
            return null;
        }

        source = attached.Whole ?? attached.Sections.Values.First().Policy;
        RateLimitPolicy? policy = RateLimitPolicy.Compile(attached.Server, attached.Settings, out ImmutableArray<SettingsFault> wrong);
        return policy ?? throw new InvalidOperationException(
            $"The limits of '{attached.Server}' were checked, and are wrong: {wrong[0].Message}");
    }

    private void Attach(PolicyResource policy)
    {
        (List<string> applied, List<TargetReference> missing, List<ResourceConflict> conflicts) = _outcomes[policy] = ([], [], []);
        foreach (TargetReference reference in policy.Targets)
        {
            if (!_targets.TryGetValue(reference.Target, out Attached? attached))
            {
                missing.Add(reference);
            }
            else if (attached.WhyNot(policy, reference) is string why)
            {
                conflicts.Add(new ResourceConflict(reference, why));
            }
            else
            {
                applied.Add(attached.Server);
            }
        }
    }

    /// <summary>The policies of one server.</summary>
    private sealed class Attached(string server, bool hasOwnLimits)
    {
        internal string Server => server;

        internal PolicyResource? Whole { get; private set; }

        internal Dictionary<string, (PolicyResource Policy, OperationSettings Limits)> Sections { get; } = new(StringComparer.OrdinalIgnoreCase);

        internal RateLimitingSettings Settings =>
            With(Whole?.Limits ?? new RateLimitingSettings(), Sections.Values.Select(section => section.Limits));

        /// <summary>Adds a policy; returns why that is not possible, or null.</summary>
        internal string? WhyNot(PolicyResource policy, TargetReference reference)
        {
            if (hasOwnLimits)
            {
                return $"'{server}' has limits of its own, in the object that describes it. Remove them there, or remove this target.";
            }

            if (reference.SectionName is not string section)
            {
                return WhyNotWhole(policy);
            }

            if (Sections.TryGetValue(section, out (PolicyResource Policy, OperationSettings Limits) taken))
            {
                return $"'{taken.Policy.Name}' is older, and limits {Shown.Quote(section)} of '{server}'. Remove this target, or that one.";
            }

            OperationSettings limits = policy.LimitsOf(section);
            if (WhyInvalid(With(Settings, [limits])) is string wrong)
            {
                return $"does not go with the other limits of '{server}': {wrong}";
            }

            Sections.Add(section, (policy, limits));
            return null;
        }

        private string? WhyNotWhole(PolicyResource policy)
        {
            if (Whole is not null)
            {
                return $"'{Whole.Name}' is older, and limits '{server}'. Remove this target, or that one.";
            }

            if (Sections.Count > 0 && WhyInvalid(With(policy.Limits, Sections.Values.Select(section => section.Limits))) is string wrong)
            {
                return $"does not go with the limits that older policies give to tools of '{server}': {wrong}";
            }

            Whole = policy;
            return null;
        }

        private string? WhyInvalid(RateLimitingSettings settings)
        {
            _ = RateLimitPolicy.Compile(server, settings, out ImmutableArray<SettingsFault> wrong);
            return wrong.IsEmpty ? null : $"{wrong[0].Path}: {wrong[0].Message}";
        }

        private static RateLimitingSettings With(RateLimitingSettings settings, IEnumerable<OperationSettings> tools) =>
            settings with { Tools = [.. settings.Tools, .. tools] };
    }
}
