using System.Runtime.CompilerServices;

namespace Sluice.Redis.Tests;

/// <summary>Tests that need the machine to themselves: they measure time, or are decided otherwise when a call takes too long.</summary>
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
