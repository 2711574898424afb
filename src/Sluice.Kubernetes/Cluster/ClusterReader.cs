using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Kubernetes;

/// <summary>Makes the configuration of a gateway of the objects of a cluster.</summary>
/// <remarks>
/// <para>
/// An object that is wrong does not keep the others from being used. While its new generation is wrong, the last one that was right is
/// used. A server whose limits were never right is not served: without its limits it would be open to any load.
/// </para>
/// <para>What has not changed is neither read nor compiled again. Thread safety: one thread.</para>
/// </remarks>
/// <param name="settings">The settings and servers of the gateway's file.</param>
/// <param name="requiresPolicy">Whether a <c>Server</c> that no policy limits is not served, in place of being open to any load.</param>
internal sealed class ClusterReader(GatewayConfiguration settings, bool requiresPolicy = false)
{
    private const int VersionDigits = 16;
    private readonly KnownIdentities _identities = settings.Auth == AuthConfiguration.None
        ? KnownIdentities.None
        : AuthIdentities.Of(settings.Auth);
    private Dictionary<(ResourceKind, string, string), (ReadObject Now, ReadObject? Good)> _read = [];
    private Dictionary<ResourceTarget, (ImmutableArray<PolicyResource> Policies, RateLimitPolicy Compiled)> _compiled = [];

    /// <summary>The settings and servers of the gateway's file.</summary>
    internal GatewayConfiguration Settings => settings;

    /// <summary>A reader that knows what this one knows, with another file of the gateway.</summary>
    /// <param name="changed">What the file says.</param>
    internal ClusterReader With(GatewayConfiguration changed)
    {
        ClusterReader next = new(changed, requiresPolicy);
        if (Equals(changed.Auth, settings.Auth))
        {
            (next._read, next._compiled) = (_read, _compiled);
        }
        else
        {
            // What is valid may depend on how callers are known. The last good generation stays known where it is valid still.
            next._read = _read.ToDictionary(entry => entry.Key, entry =>
            {
                ReadObject now = ReadObject.Of(entry.Value.Now.Object, next._identities);
                ReadObject? good = now.IsValid ? now : entry.Value.Good is ReadObject before ? ReadObject.Of(before.Object, next._identities) : null;
                return (now, good is { IsValid: true } ? good : null);
            });
        }

        return next;
    }

    /// <summary>The configuration by these objects.</summary>
    internal ClusterSnapshot Read(IReadOnlyCollection<ClusterObject> objects)
    {
        _read = objects.ToDictionary(found => found.Key, Read);
        (ReadObject Now, ReadObject? Good)[] all = [.. _read.Values];
        ReadObject[] servers = Free([.. all.Select(pair => pair.Good).OfType<ReadObject>()
            .Where(read => read.Policy is null)
            .OrderBy(read => read.Server?.Identity.CreatedAt ?? DateTimeOffset.MaxValue)
            .ThenBy(read => read.Object.Namespace, StringComparer.Ordinal)
            .ThenBy(read => read.Object.Name, StringComparer.Ordinal)
            .ThenBy(read => Array.IndexOf(FollowedKinds.All, read.Object.Kind))], out Dictionary<ClusterObject, string> taken);
        PolicyAttachment attachment = new(
            servers.Select(read => (TargetOf(read), NameOf(read), HasOwnLimits: read.Foreign?.Policy is not null)),
            all.Select(pair => pair.Good?.Policy).OfType<PolicyResource>());
        HashSet<ResourceTarget> blocked = [.. all.Where(pair => pair.Good is null).SelectMany(pair => pair.Now.Targets)];
        Compile(servers, attachment);
        Dictionary<ClusterObject, ServerConfiguration> served = new(ReferenceEqualityComparer.Instance);
        Dictionary<ClusterObject, ImmutableArray<VirtualBackend>> missing = new(ReferenceEqualityComparer.Instance);
        ReadObject[] open = [.. servers.Where(server => !blocked.Contains(TargetOf(server)))];
        foreach (ReadObject server in open.Where(server => server.Server?.Virtual is null))
        {
            if (Serve(server) is ServerConfiguration configuration)
            {
                served.Add(server.Object, configuration);
            }
        }

        // A virtual server has those of its backends that are served, so that none is reached around its limits.
        HashSet<string> backends = [.. served.Where(entry => entry.Key.Kind == FollowedKinds.Servers).Select(entry => entry.Value.Name)];
        foreach (ReadObject server in open.Where(server => server.Server?.Virtual is not null))
        {
            ServerResource? present = server.Server!.WithBackends(
                backend => backends.Contains(backend.Server), out ImmutableArray<VirtualBackend> away);
            missing.Add(server.Object, away);
            if (present is not null)
            {
                served.Add(server.Object, present.WithLimits(CompiledFor(server)));
            }
        }

        Dictionary<PolicyResource, PolicyOutcome> outcomes = new(ReferenceEqualityComparer.Instance);
        foreach (PolicyOutcome outcome in attachment.Outcomes)
        {
            outcomes.Add(outcome.Policy, outcome);
        }

        ImmutableArray<ResourceReport> reports =
            [.. all.Select(pair => Report(pair.Now, pair.Good, served, outcomes, taken, blocked, missing))];
        return new ClusterSnapshot(
            settings with { Servers = [.. settings.Servers, .. served.Values], Version = VersionOf(all, served) },
            reports);
    }

    private (ReadObject, ReadObject?) Read(ClusterObject found)
    {
        bool isKnown = _read.TryGetValue(found.Key, out (ReadObject Now, ReadObject? Good) before) && before.Now.Object.Uid == found.Uid;
        bool isSame = isKnown
            && (before.Now.Object.ResourceVersion == found.ResourceVersion
                || (!found.Kind.IsOptional && before.Now.Object.Generation == found.Generation));
        if (isSame)
        {
            return before;
        }

        ReadObject now = ReadObject.Of(found, _identities);
        return (now, now.IsValid ? now : isKnown ? before.Good : null);
    }

    /// <summary>The servers whose names and paths are free: ours, the older first, and then those of other operators.</summary>
    private ReadObject[] Free(ReadObject[] servers, out Dictionary<ClusterObject, string> taken)
    {
        Dictionary<string, string> names = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, string> paths = new(StringComparer.OrdinalIgnoreCase);
        foreach (ServerConfiguration server in settings.Servers)
        {
            names[server.Name] = "the gateway's file";
            paths[server.Path] = "the gateway's file";
        }

        taken = new(ReferenceEqualityComparer.Instance);
        List<ReadObject> free = [];
        foreach (ReadObject server in servers)
        {
            string name = NameOf(server);
            string path = PathOf(server);
            string whose = $"{server.Object.Kind.Kind} {server.Object.Namespace}/{server.Object.Name}";
            if (names.TryGetValue(name, out string? other))
            {
                taken.Add(server.Object, $"The name {Shown.Quote(name)} is taken by {other}. Choose another.");
            }
            else if (paths.TryGetValue(path, out other))
            {
                taken.Add(server.Object, $"The path {Shown.Quote(path)} is taken by {other}. Choose another in 'spec.path'.");
            }
            else
            {
                names.Add(name, whose);
                paths.Add(path, whose);
                free.Add(server);
            }
        }

        return [.. free];
    }

    private void Compile(ReadObject[] servers, PolicyAttachment attachment)
    {
        Dictionary<ResourceTarget, (ImmutableArray<PolicyResource> Policies, RateLimitPolicy Compiled)> compiled = [];
        foreach (ResourceTarget target in servers.Select(TargetOf))
        {
            ImmutableArray<PolicyResource> policies = attachment.PoliciesOf(target);
            if (_compiled.TryGetValue(target, out (ImmutableArray<PolicyResource> Policies, RateLimitPolicy Compiled) before)
                && before.Policies.AsSpan().SequenceEqual(policies.AsSpan(), ReferenceEqualityComparer.Instance))
            {
                compiled.Add(target, before);
            }
            else if (attachment.Compile(target, out _) is RateLimitPolicy policy)
            {
                compiled.Add(target, (policies, policy));
            }
        }

        _compiled = compiled;
    }

    private ServerConfiguration? Serve(ReadObject server)
    {
        RateLimitPolicy? policy = CompiledFor(server);
        return server.Server is ServerResource own ? (policy is null && requiresPolicy ? null : own.WithLimits(policy))
            : server.Foreign is { Address: Uri address } && policy is not null ? new ServerConfiguration
            {
                Name = NameOf(server),
                Upstream = new HttpUpstreamConfiguration(address),
                Path = PathOf(server),
                Policy = policy,
            }
            : null; // Another operator serves what has no limits, and what it has not started yet has no address.
    }

    private RateLimitPolicy? CompiledFor(ReadObject server) =>
        _compiled.TryGetValue(TargetOf(server), out (ImmutableArray<PolicyResource> Policies, RateLimitPolicy Compiled) compiled)
            ? compiled.Compiled
            : server.Foreign?.Policy;

    private ResourceReport Report(
        ReadObject now,
        ReadObject? good,
        Dictionary<ClusterObject, ServerConfiguration> served,
        Dictionary<PolicyResource, PolicyOutcome> outcomes,
        Dictionary<ClusterObject, string> taken,
        HashSet<ResourceTarget> blocked,
        Dictionary<ClusterObject, ImmutableArray<VirtualBackend>> missing)
    {
        ResourceReport report = new(now.Object, now.Faults)
        {
            HasOwnLimits = now.Object.Kind.Group == ToolHiveKinds.Group && (now.Foreign?.Policy is not null || !now.Faults.IsEmpty),
        };
        if (good?.Policy is PolicyResource policy)
        {
            PolicyOutcome outcome = outcomes[policy];
            return report with
            {
                UsedGeneration = outcome.Applied.IsEmpty ? null : good.Object.Generation,
                Applied = outcome.Applied,
                Mode = policy.Limits.Mode,
                Missing = [.. outcome.Missing.Select(missing =>
                    $"{missing.Path}: there is no {missing.Target.Kind} {Shown.Quote(missing.Target.Name)} of {missing.Target.Group} in "
                        + "this namespace that is valid.")],
                Conflicts = [.. outcome.Conflicts.Select(conflict => $"{conflict.Target.Path}: {conflict.Message}")],
            };
        }

        if (good is null)
        {
            return report;
        }

        ServerConfiguration? server = served.GetValueOrDefault(good.Object);
        string? why = taken.GetValueOrDefault(good.Object)
            ?? (blocked.Contains(TargetOf(good)) ? "It is not served, because the RateLimitPolicy that limits it is invalid." : null);
        return report with
        {
            UsedGeneration = server is null ? null : good.Object.Generation,
            Conflicts = why is null ? [] : [why],
            Path = server?.Path,
            Missing = [.. missing.GetValueOrDefault(good.Object, []).Select(backend =>
                $"spec.backendRefs[{good.Server!.Virtual!.Backends.IndexOf(backend)}]: there is no Server "
                    + $"{Shown.Quote(backend.ShortName!)} in this namespace that is served. "
                + "It is left out.")],
            LacksPolicy = server is null && why is null && good.Server is { Virtual: null } && requiresPolicy,
        };
    }

    // The same for the same content, in every replica.
    private string VersionOf((ReadObject Now, ReadObject? Good)[] all, Dictionary<ClusterObject, ServerConfiguration> served)
    {
        StringBuilder content = new(settings.Version);
        foreach ((ClusterObject server, ServerConfiguration configuration) in served.OrderBy(entry => entry.Key.Uid, StringComparer.Ordinal))
        {
            content.Append('\n').Append(server.Uid).Append(' ');
            _ = configuration.Upstream is VirtualUpstreamConfiguration upstream
                ? content.AppendJoin(' ', upstream.Backends.Select(backend => backend.Server))
                : content.Append(((HttpUpstreamConfiguration)configuration.Upstream).Address);
        }

        foreach (ClusterObject used in all.Select(pair => pair.Good?.Object).OfType<ClusterObject>().OrderBy(used => used.Uid, StringComparer.Ordinal))
        {
            content.Append('\n').Append(used.Uid).Append(' ').Append(used.Generation);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToString())))[..VersionDigits];
    }

    private static ResourceTarget TargetOf(ReadObject server) => server.Server?.Target ?? server.Foreign!.Target;

    private static string NameOf(ReadObject server) => server.Server?.Configuration.Name ?? server.Foreign!.Name;

    private static string PathOf(ReadObject server) => server.Server?.Configuration.Path ?? $"/{server.Foreign!.Name}/mcp";
}
