using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;

namespace Sluice.Configuration;

/// <summary>Reads <c>rateLimiting</c> from a section of a .NET configuration: the same schema, the same rules, the same messages.</summary>
/// <remarks>
/// <para>
/// Keys of a .NET configuration do not tell upper case from lower, so <c>PerUser</c> means <c>perUser</c> here. Its values are
/// texts: whether a number was in quotes is not known, and does not matter.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
public static class RateLimitingSection
{
    /// <summary>Reads a section.</summary>
    /// <param name="section">The section, whose keys are the fields of <c>rateLimiting</c>.</param>
    /// <param name="server">The server's name.</param>
    /// <param name="faults">Everything that is wrong, each with its path from the root of the configuration; empty when a policy is
    /// returned.</param>
    /// <returns>The policy, or null when there are faults.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="section"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="server"/> is empty or null.</exception>
    public static RateLimitPolicy? Read(IConfiguration section, string server, out ImmutableArray<SettingsFault> faults)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentException.ThrowIfNullOrEmpty(server);
        string path = section is IConfigurationSection named ? named.Path : "";
        if (section is IConfigurationSection absent && !absent.Exists())
        {
            faults = [new SettingsFault(path, "is not in the configuration. Add the section, or name another.")];
            return null;
        }

        FaultList list = new(file: "");
        Node root = SectionNodes.Of(section);
        RateLimitPolicy? policy = new RateLimitingReader(list, KnownIdentities.All).Read(root, path, server);
        faults = [.. list.ToImmutable().Select(fault => new SettingsFault(fault.Path, fault.Message))];
        return faults.IsEmpty ? policy : null;
    }
}
