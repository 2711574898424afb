using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;
using Sluice.Configuration;

namespace Sluice.DependencyInjection;

/// <summary>What <c>AddSluice</c> configures: how much the in-process store remembers, and policies by name.</summary>
/// <remarks>
/// <para>What is wrong is reported when the host starts, everything at once.</para>
/// <para>Thread safety: none while it is being configured; afterwards any number of threads may read it.</para>
/// </remarks>
public sealed class SluiceOptions
{
    private readonly Dictionary<string, RateLimitPolicy> _policies = new(StringComparer.Ordinal);
    private readonly List<SettingsFault> _faults = [];

    /// <summary>The most buckets that the in-process store remembers; other stores do not read it.</summary>
    /// <value>From 1 to 134,217,728. The default is 1,000,000.</value>
    public int MaxKeys { get; set; } = new InProcessStoreOptions().MaxKeys;

    /// <summary>The policies by name. A policy that has faults is not among them.</summary>
    public IReadOnlyDictionary<string, RateLimitPolicy> Policies => _policies;

    /// <summary>What is wrong with the policies.</summary>
    internal IReadOnlyList<SettingsFault> Faults => _faults;

    /// <summary>Adds a policy by calls that read like the configuration.</summary>
    /// <param name="name">The policy's name, which is the server's name in the identity of its buckets.</param>
    /// <param name="configure">Says the limits.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public void AddPolicy(string name, Action<RateLimitsBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        RateLimitsBuilder builder = new();
        try
        {
            configure(builder);
        }
        catch (FormatException exception)
        {
            // A rate that cannot be read is a fault like any other, and is reported with the others.
            Add(name, null, [new SettingsFault("", exception.Message)]);
            return;
        }

        AddPolicy(name, builder.ToSettings());
    }

    /// <summary>Adds a policy.</summary>
    /// <param name="name">As above.</param>
    /// <param name="settings">The limits.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public void AddPolicy(string name, RateLimitingSettings settings)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Add(name, RateLimitPolicy.Compile(name, settings, out ImmutableArray<SettingsFault> faults), faults);
    }

    /// <summary>Adds a policy from configuration: the schema of <c>rateLimiting</c>.</summary>
    /// <param name="name">As above.</param>
    /// <param name="section">The section that holds the limits.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public void AddPolicy(string name, IConfiguration section)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Add(name, RateLimitingSection.Read(section, name, out ImmutableArray<SettingsFault> faults), faults);
    }

    private void Add(string name, RateLimitPolicy? policy, ImmutableArray<SettingsFault> faults)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _faults.AddRange(faults.Select(fault => fault.WithPathPrefix($"policy '{name}'")));
        if (policy is not null && !_policies.TryAdd(name, policy))
        {
            _faults.Add(new SettingsFault($"policy '{name}'", "is added twice. Merge the two, or rename one."));
        }
    }
}
