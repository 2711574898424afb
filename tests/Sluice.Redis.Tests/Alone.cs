using System.Runtime.CompilerServices;

// Most tests wait for a server or for another process, so more of them run at the same time than there are processors.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace Sluice.Redis.Tests;

/// <summary>Tests that no other test may run beside: they use all processors, or read counters that every store adds to.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    internal const string Name = "Alone";

    /// <summary>
    /// Tests block threads while they wait for servers; a pool that grows by one thread a second would make calls late that
    /// are not.
    /// </summary>
    [ModuleInitializer]
    internal static void HaveThreads() => ThreadPool.SetMinThreads(64, 64);
}
