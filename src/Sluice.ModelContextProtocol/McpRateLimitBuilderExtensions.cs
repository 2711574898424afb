using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Server;
using Sluice;
using Sluice.Configuration;
using Sluice.DependencyInjection;
using Sluice.ModelContextProtocol;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Limits the calls of an MCP server on the official C# SDK.</summary>
/// <remarks>
/// <para>
/// Calls are counted after every filter that was configured, authorization among them, and only those of tools, prompts and
/// resources that the server has: a request that was rejected before, or for something that does not exist, costs nothing.
/// </para>
/// <para>
/// <c>WithRateLimits</c> is called once for a server: a second call keeps the host from starting. Attributes on the methods of
/// tools, prompts and resources add the limits that it leaves open. Everything is checked when the host starts.
/// </para>
/// </remarks>
public static class McpRateLimitBuilderExtensions
{
    /// <summary>Limits calls, said in code.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="limits">Says the limits.</param>
    /// <param name="configure">Sets how they work; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="limits"/> is null.</exception>
    public static IMcpServerBuilder WithRateLimits(
        this IMcpServerBuilder builder, Action<RateLimitsBuilder> limits, Action<McpRateLimitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return builder.Add(() => Read(limits), configure);
    }

    /// <summary>Limits calls, said in configuration: the schema of <c>rateLimiting</c>, its rules and its messages.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="section">The section that holds the limits.</param>
    /// <param name="configure">Sets how they work; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="section"/> is null.</exception>
    public static IMcpServerBuilder WithRateLimits(
        this IMcpServerBuilder builder, IConfiguration section, Action<McpRateLimitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(section);
        return builder.Add(() => Read(section), configure);
    }

    /// <summary>Limits calls.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="settings">The limits.</param>
    /// <param name="configure">Sets how they work; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="settings"/> is null.</exception>
    public static IMcpServerBuilder WithRateLimits(
        this IMcpServerBuilder builder, RateLimitingSettings settings, Action<McpRateLimitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return builder.Add(() => new LimitSource(settings, []), configure);
    }

    /// <summary>Limits calls as another program did.</summary>
    /// <param name="builder">The server.</param>
    /// <param name="preset">The limits, as <see cref="RateLimits"/> makes them; its <see cref="RateLimitPreset.MaxKeys"/> becomes the
    /// host's where <c>AddSluice</c> sets no other.</param>
    /// <param name="configure">Sets how they work; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="preset"/> is null.</exception>
    public static IMcpServerBuilder WithRateLimits(
        this IMcpServerBuilder builder, RateLimitPreset preset, Action<McpRateLimitOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(preset);
        builder.Add(() => new LimitSource(preset.Settings, []) { Approximation = preset.Approximation }, configure);

        // Before whatever AddSluice was told: it names the bound in this library's own words.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<SluiceOptions>>(
            new ConfigureOptions<SluiceOptions>(options => options.MaxKeys = preset.MaxKeys)));
        return builder;
    }

    /// <summary>Limits calls by the attributes <c>[RateLimit]</c> and <c>[RateLimitCost]</c>.</summary>
    /// <remarks>
    /// It is for servers without other limits. Beside <c>WithRateLimits</c>, which reads the attributes too, it changes nothing.
    /// </remarks>
    /// <param name="builder">The server.</param>
    /// <param name="configure">Sets how the limits work; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IMcpServerBuilder WithRateLimitAttributes(
        this IMcpServerBuilder builder, Action<McpRateLimitOptions>? configure = null) =>
        builder.Add(source: null, configure);

    private static IMcpServerBuilder Add(
        this IMcpServerBuilder builder, Func<LimitSource>? source, Action<McpRateLimitOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        IServiceCollection services = builder.Services;
        services.AddSluice();
        if (source is not null)
        {
            services.Configure<McpRateLimitOptions>(options => options.AddSource(source()));
        }

        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.TryAddSingleton<ServerLimitsFactory>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<McpServerOptions>, RateLimitServerSetup>());
        services.AddOptions<McpServerOptions>().ValidateOnStart();
        return builder;
    }

    private static LimitSource Read(Action<RateLimitsBuilder> limits)
    {
        RateLimitsBuilder builder = new();
        try
        {
            limits(builder);
        }
        catch (FormatException exception)
        {
            // A rate that cannot be read is a fault like any other, and is reported with the others.
            return new LimitSource(null, [new SettingsFault("", exception.Message)]);
        }

        return new LimitSource(builder.ToSettings(), []);
    }

    private static LimitSource Read(IConfiguration section)
    {
        // Only its settings are used: the server's name is known later, and does not affect the check.
        RateLimitPolicy? policy = RateLimitingSection.Read(section, "server", out ImmutableArray<SettingsFault> faults);
        return new LimitSource(policy?.Settings, faults);
    }
}
