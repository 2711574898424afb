using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>A <c>Server</c> or <c>VirtualServer</c> of <c>sluice.dev</c>, without the limits that policies give it.</summary>
/// <param name="Manifest">Its object.</param>
/// <param name="Identity">Which object it is.</param>
/// <param name="Configuration">The server, without limits; its <c>allow</c> compares names without case.</param>
/// <param name="CaseSensitiveAllow">The same <c>allow</c> for limits that compare names with case.</param>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed record ServerResource(
    KubernetesObject Manifest, ResourceIdentity Identity, ServerConfiguration Configuration, ImmutableArray<AllowRule>? CaseSensitiveAllow)
{
    /// <summary>Where the path of the server is written.</summary>
    internal required (Node Node, string Path) PathPlace { get; init; }

    /// <summary>The server as it is served.</summary>
    /// <param name="policy">Its limits; null for none.</param>
    internal ServerConfiguration WithLimits(RateLimitPolicy? policy) => Configuration with
    {
        Policy = policy,
        Allow = policy?.Settings.CaseSensitive == true ? CaseSensitiveAllow : Configuration.Allow,
    };

    /// <summary>The backends of a virtual server; null for another server.</summary>
    internal VirtualUpstreamConfiguration? Virtual => Configuration.Upstream as VirtualUpstreamConfiguration;

    /// <summary>A virtual server with those of its backends that are there; null when none is.</summary>
    /// <param name="isThere">Whether a backend is.</param>
    /// <param name="missing">Those that are not.</param>
    internal ServerResource? WithBackends(Func<VirtualBackend, bool> isThere, out ImmutableArray<VirtualBackend> missing)
    {
        missing = [];
        if (Virtual is not VirtualUpstreamConfiguration written)
        {
            return this;
        }

        ImmutableArray<VirtualBackend> there = [.. written.Backends.Where(isThere)];
        missing = [.. written.Backends.Except(there)];
        return there.IsEmpty ? null
            : missing.IsEmpty ? this
            : this with { Configuration = Configuration with { Upstream = written with { Backends = there } } };
    }

    /// <summary>How policies name it.</summary>
    internal ResourceTarget Target => ResourceTarget.Of(Manifest, Identity);
}
