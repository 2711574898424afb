using System.Collections.Immutable;
using ModelContextProtocol.Server;

namespace Sluice.ModelContextProtocol;

/// <summary>Adds what attributes say of a server's tools, prompts and resources to its settings.</summary>
internal sealed class AttributeLimits(McpServerOptions server)
{
    private readonly List<SettingsFault> _faults = [];

    /// <summary>What is wrong with the attributes.</summary>
    internal IEnumerable<SettingsFault> Faults => _faults;

    /// <summary>The settings with the attributes' limits, where they leave them open.</summary>
    internal RateLimitingSettings AddTo(RateLimitingSettings settings) => settings with
    {
        Tools = Merge(settings.Tools, (server.ToolCollection ?? []).Select(tool => (tool.ProtocolTool.Name, tool.Metadata)), settings),
        Prompts = Merge(
            settings.Prompts, (server.PromptCollection ?? []).Select(prompt => (prompt.ProtocolPrompt.Name, prompt.Metadata)), settings),
        Resources = Merge(
            settings.Resources, (server.ResourceCollection ?? []).Select(resource => (UriOf(resource), resource.Metadata)), settings),
    };

    private ImmutableArray<OperationSettings> Merge(
        ImmutableArray<OperationSettings> entries,
        IEnumerable<(string Name, IReadOnlyList<object> Metadata)> primitives,
        RateLimitingSettings settings)
    {
        StringComparison comparison = settings.CaseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        List<OperationSettings> merged = [.. entries];
        foreach ((string name, IReadOnlyList<object> metadata) in primitives.OrderBy(primitive => primitive.Name, StringComparer.Ordinal))
        {
            if (Read(name, metadata) is not OperationSettings attributes)
            {
                continue;
            }

            int index = merged.FindIndex(entry => entry.Name.Trim().Equals(name, comparison));
            if (index < 0)
            {
                merged.Add(attributes);
            }
            else
            {
                merged[index] = Under(merged[index], attributes);
            }
        }

        return [.. merged];
    }

    private static OperationSettings Under(OperationSettings entry, OperationSettings attributes) => entry with
    {
        Shared = entry.Shared ?? attributes.Shared,
        PerTenant = entry.PerTenant ?? attributes.PerTenant,
        PerUser = entry.PerUser ?? attributes.PerUser,
        PerClient = entry.PerClient ?? attributes.PerClient,
        Cost = entry.Cost ?? attributes.Cost,
    };

    private OperationSettings? Read(string name, IReadOnlyList<object> metadata)
    {
        OperationSettings settings = new() { Name = name, Cost = metadata.OfType<RateLimitCostAttribute>().LastOrDefault()?.Tokens };
        OperationSettings none = settings with { Cost = null };
        foreach (RateLimitAttribute attribute in metadata.OfType<RateLimitAttribute>())
        {
            if (attribute.Read(out string? error) is not Rate rate)
            {
                _faults.Add(new SettingsFault($"[RateLimit] of '{name}'", error!));
            }
            else if (!Enum.IsDefined(attribute.Scope))
            {
                _faults.Add(new SettingsFault($"[RateLimit] of '{name}'", $"{attribute.Scope} is not a scope."));
            }
            else
            {
                settings = With(settings, attribute.Scope, [.. settings[attribute.Scope] ?? [], rate]);
            }
        }

        return settings == none ? null : settings;
    }

    private static OperationSettings With(OperationSettings settings, RateLimitScope scope, RateList rates) => scope switch
    {
        RateLimitScope.Shared => settings with { Shared = rates },
        RateLimitScope.PerTenant => settings with { PerTenant = rates },
        RateLimitScope.PerUser => settings with { PerUser = rates },
        RateLimitScope.PerClient => settings with { PerClient = rates },
        _ => throw new ArgumentOutOfRangeException(nameof(scope), scope, "Not a scope."),
    };

    /// <summary>A resource's URI; what its template leaves open becomes a glob, which is one bucket.</summary>
    private static string UriOf(McpServerResource resource)
    {
        string template = resource.ProtocolResourceTemplate.UriTemplate;
        System.Text.StringBuilder uri = new(template.Length);
        bool isOpen = false;
        foreach (char letter in template)
        {
            if (letter == '{' && !isOpen)
            {
                uri.Append('*');
            }

            isOpen = letter == '{' || (isOpen && letter != '}');
            if (!isOpen && letter != '}')
            {
                uri.Append(letter);
            }
        }

        return uri.ToString();
    }
}
