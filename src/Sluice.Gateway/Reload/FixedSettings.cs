using System.Collections.Immutable;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>The settings that a gateway takes when it starts and keeps until it stops.</summary>
internal static class FixedSettings
{
    private static readonly (string Name, Func<GatewayConfiguration, object?> Value)[] All =
    [
        ("listen", configuration => configuration.Listen),
        ("tls", configuration => configuration.Tls),
        ("store.redis", configuration => configuration.Store.Redis),
        ("store.user", configuration => configuration.Store.User),
        ("store.password", configuration => configuration.Store.Password),
        ("store.database", configuration => configuration.Store.Database),
        ("store.certificateAuthority", configuration => configuration.Store.CertificateAuthority),
        ("store.keyPrefix", configuration => configuration.Store.KeyPrefix),
        ("store.timeout", configuration => configuration.Store.Timeout),
        ("store.rememberRefusals", configuration => configuration.Store.RememberRefusals),
        ("store.layout", configuration => configuration.Store.IsSpread),
        ("store.maxKeys", configuration => configuration.Store.MaxKeys),
        ("store.expectedReplicas", configuration => configuration.Store.ExpectedReplicas),
        ("store.shares", configuration => configuration.Store.Shares),
        ("stop", configuration => configuration.Stop),
        ("admin", configuration => configuration.Admin),
        ("audit", configuration => configuration.Audit),
        ("record", configuration => configuration.Record),
        ("decisionIds", configuration => configuration.DecisionIds),
        ("compat", configuration => configuration.ToolHive),
    ];

    /// <summary>A configuration with the settings that a running gateway keeps.</summary>
    /// <param name="running">What the gateway runs with.</param>
    /// <param name="changed">What it is to run with.</param>
    /// <param name="kept">The names of the settings that differ, and so need a restart.</param>
    internal static GatewayConfiguration Keep(GatewayConfiguration running, GatewayConfiguration changed, out ImmutableArray<string> kept)
    {
        kept = [.. All.Where(setting => !Equals(setting.Value(running), setting.Value(changed))).Select(setting => setting.Name)];
        return changed with
        {
            Listen = running.Listen,
            Tls = running.Tls,
            Store = running.Store,
            Stop = running.Stop,
            Admin = running.Admin,
            Audit = running.Audit,
            Record = running.Record,
            DecisionIds = running.DecisionIds,
            ToolHive = running.ToolHive,
        };
    }
}
