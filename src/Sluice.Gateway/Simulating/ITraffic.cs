using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>Traffic that can be simulated, from its start, as often as needed: the same calls each time.</summary>
internal interface ITraffic
{
    /// <summary>The callers.</summary>
    ImmutableArray<SimulatedCaller> Callers { get; }

    /// <summary>What is called.</summary>
    ImmutableArray<SimulatedOperation> Operations { get; }

    /// <summary>What the wall clock shows at the start.</summary>
    DateTimeOffset Start { get; }

    /// <summary>How long it lasts.</summary>
    TimeSpan Length { get; }

    /// <summary>How many calls come, as far as it is known; for the progress.</summary>
    long ExpectedCalls { get; }

    /// <summary>Begins at the start.</summary>
    IArrivals Begin();
}

/// <summary>The calls of one run, one after another.</summary>
internal interface IArrivals
{
    /// <summary>The next call; false at the end.</summary>
    bool TryNext(out Arrival arrival);
}

/// <summary>A caller of the traffic.</summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Identity">The identity.</param>
internal sealed record SimulatedCaller(string Name, CallerIdentity Identity);

/// <summary>Something that is called.</summary>
/// <param name="Policy">The limits of its server; null where the server has none.</param>
/// <param name="Server">The server's name.</param>
/// <param name="Method">The JSON-RPC method.</param>
/// <param name="Name">The tool, prompt or resource; empty for other methods.</param>
internal sealed record SimulatedOperation(RateLimitPolicy? Policy, string Server, string Method, string Name)
{
    /// <summary>The server behind a virtual server to which calls go; null where that is not known, or makes no difference.</summary>
    internal string? Backend { get; init; }
}
