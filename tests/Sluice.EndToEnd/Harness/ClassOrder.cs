[assembly: TestCollectionOrderer("Sluice.EndToEnd.ClassOrder", "Sluice.EndToEnd")]

namespace Sluice.EndToEnd;

/// <summary>The order of the classes.</summary>
public sealed class ClassOrder() : LongestFirst(
    BuiltRelease.Collection,
    nameof(VirtualServerTests),
    nameof(WhatClientsSeeTests),
    nameof(DashboardStateTests),
    nameof(DashboardTests),
    nameof(ShareOutageTests),
    nameof(StdioRunTests),
    nameof(ThreeGatewaysTests),
    nameof(ConformanceSuiteTests));
