using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Server;
using Sluice.Mcp;

namespace Sluice.ModelContextProtocol;

/// <summary>Makes the limits of a host's servers, and finds those of a server again.</summary>
/// <remarks>
/// Over HTTP a host makes options for every session; as long as they say the same, all sessions share one compiled policy.
/// Thread safety: any number of threads.
/// </remarks>
internal sealed partial class ServerLimitsFactory(
    IOptions<McpRateLimitOptions> options, IRateLimitStore store, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly ConditionalWeakTable<McpServerOptions, ServerLimits> Known = [];
    private readonly Lock _making = new();
    private readonly ILogger _logger = loggers.CreateLogger<ServerLimits>();
    private ServerLimits? _last;

    /// <summary>The limits of a server that was set up by one of these, or null.</summary>
    internal static ServerLimits? Find(McpServerOptions server) => Known.TryGetValue(server, out ServerLimits? limits) ? limits : null;

    /// <summary>The limits of a server, as its options say.</summary>
    /// <exception cref="OptionsValidationException">The limits have faults; it lists them all.</exception>
    internal ServerLimits Create(McpServerOptions server)
    {
        lock (_making)
        {
            ServerLimits limits = Make(server);
            Known.AddOrUpdate(server, limits);
            return limits;
        }
    }

    private ServerLimits Make(McpServerOptions server)
    {
        McpRateLimitOptions limiting = options.Value;
        AttributeLimits attributes = new(server);
        RateLimitingSettings settings = attributes.AddTo(limiting.Source?.Settings ?? new RateLimitingSettings());
        string name = limiting.ServerName ?? server.ServerInfo?.Name ?? Assembly.GetEntryAssembly()?.GetName().Name ?? "mcp";
        if (_last is not null && _last.Policy.Server == name && Same(_last.Policy.Settings, settings))
        {
            return _last;
        }

        ImmutableArray<SettingsFault> faults = [.. limiting.Faults, .. attributes.Faults];
        RateLimitPolicy? policy = null;
        if (faults.IsEmpty)
        {
            policy = RateLimitPolicy.Compile(name, settings, out faults);
        }

        if (policy is not null && limiting.Source?.Approximation is string approximation)
        {
            Log.Approximated(_logger, name, approximation);
        }

        _last = policy is null
            ? throw new OptionsValidationException(
                Options.DefaultName, typeof(McpRateLimitOptions), faults.Select(fault => fault.WithPathPrefix("rate limits").ToString()))
            : new ServerLimits(new CallGate(policy, store, time, _logger), limiting, _logger);
        return _last;
    }

    private static partial class Log
    {
        [LoggerMessage(
            1, LogLevel.Information,
            "The rate limits of '{Server}' are not exactly what was written: {Approximation}", EventName = "Approximated")]
        internal static partial void Approximated(ILogger logger, string server, string approximation);
    }

    // The lists are compared by what they hold; all else of settings compares by value.
    private static bool Same(RateLimitingSettings one, RateLimitingSettings other) =>
        one.Tools.SequenceEqual(other.Tools)
        && one.Prompts.SequenceEqual(other.Prompts)
        && one.Resources.SequenceEqual(other.Resources)
        && one.Methods.SequenceEqual(other.Methods)
        && one with { Tools = [], Prompts = [], Resources = [], Methods = [] }
            == other with { Tools = [], Prompts = [], Resources = [], Methods = [] };
}
