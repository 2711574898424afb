namespace Sluice.Redis;

/// <summary>Counts the failures of Redis, by what they mean.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal static class StoreFaults
{
    internal const string Timeout = "timeout";
    internal const string Connection = "connection";
    internal const string Auth = "auth";
    internal const string Script = "script";
    internal const string Other = "other";

    /// <summary>Every kind, as a label.</summary>
    internal static readonly string[] Kinds = [Timeout, Connection, Auth, Script, Other];

    /// <summary>Counts a failure.</summary>
    internal static void Count(RedisFaultKind kind)
    {
        if (SluiceInstruments.StoreErrors.Enabled)
        {
            SluiceInstruments.StoreErrors.Add(1, SluiceInstruments.Label("kind", LabelOf(kind)));
        }
    }

    /// <summary>Begins the counter of each kind at zero, so that a reader sees them before the first failure.</summary>
    internal static void StartCounters()
    {
        foreach (string kind in Kinds)
        {
            SluiceInstruments.StoreErrors.Add(0, SluiceInstruments.Label("kind", kind));
        }
    }

    /// <summary>What a failure means to an operator: a server that rejects or cannot run the script is a failure of the script.</summary>
    internal static string LabelOf(RedisFaultKind kind) => kind switch
    {
        RedisFaultKind.Timeout => Timeout,
        RedisFaultKind.Connection => Connection,
        RedisFaultKind.Auth => Auth,
        RedisFaultKind.Unwritable or RedisFaultKind.Script or RedisFaultKind.Refused => Script,
        RedisFaultKind.Other => Other,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of failure."),
    };
}
