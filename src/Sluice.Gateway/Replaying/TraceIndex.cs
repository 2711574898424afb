using System.Globalization;
using System.Text;

namespace Sluice.Gateway;

/// <summary>What is known of recorded decisions after one reading: who called what, when, and what is missing.</summary>
internal sealed class TraceIndex
{
    private readonly Dictionary<string, int> _callers = new(StringComparer.Ordinal);
    private readonly Dictionary<TracedOperation, int> _operations = [];
    private readonly Dictionary<DateTimeOffset, long> _lastOfRun = [];
    private readonly HashSet<DateTimeOffset> _runsWithReleases = [];
    private readonly Dictionary<(int Operation, int Caller), TimeSpan> _waits = [];

    /// <summary>The callers, in the order of their first calls.</summary>
    internal List<HashedCaller> Callers { get; } = [];

    /// <summary>The operations, in the order of their first calls.</summary>
    internal List<TracedOperation> Operations { get; } = [];

    /// <summary>How many calls there are.</summary>
    internal long Calls { get; private set; }

    /// <summary>The earliest instant of a call.</summary>
    internal DateTimeOffset First { get; private set; } = DateTimeOffset.MaxValue;

    /// <summary>The latest instant of a call.</summary>
    internal DateTimeOffset Last { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>The versions of the configuration that decided.</summary>
    internal HashSet<string> Versions { get; } = new(StringComparer.Ordinal);

    /// <summary>How many operations are missing in the runs: dropped while they were recorded, or in a file that was not given.</summary>
    internal long Missing { get; private set; }

    /// <summary>Whether a number is smaller than the one before it in the same run: the files are in the wrong order.</summary>
    internal bool IsOutOfOrder { get; private set; }

    /// <summary>
    /// How many calls have no number: those that Redis decided, and in a run those that waited for a slot and got none.
    /// </summary>
    internal long WithoutRun { get; private set; }

    /// <summary>The servers some of whose calls could have been held.</summary>
    internal HashSet<string> WaitingServers { get; } = new(StringComparer.Ordinal);

    /// <summary>The longest time for which a call of a caller to an operation could have been held; zero for none.</summary>
    internal TimeSpan LongestWaitOf(RecordedCall call) => _waits.GetValueOrDefault((OperationOf(call), NumberOf(call.Caller)));

    /// <summary>The calls whose slots were released, by the run.</summary>
    internal HashSet<(DateTimeOffset Run, long Call)> Released { get; } = [];

    /// <summary>Whether the calls of a run release slots.</summary>
    internal bool HasReleases(DateTimeOffset run) => _runsWithReleases.Contains(run);

    /// <summary>The number of runs.</summary>
    internal int Runs => _lastOfRun.Count;

    /// <summary>Reads files once.</summary>
    internal static TraceIndex Of(TraceFile file, Action<long>? progress, CancellationToken cancellationToken)
    {
        TraceIndex index = new();
        foreach (RecordedEvent recorded in file.Read(progress, cancellationToken))
        {
            index.Add(recorded);
        }

        return index;
    }

    /// <summary>The number of a caller.</summary>
    internal int NumberOf(HashedCaller caller)
    {
        string key = KeyOf(caller);
        if (!_callers.TryGetValue(key, out int number))
        {
            _callers.Add(key, number = Callers.Count);
            Callers.Add(caller);
        }

        return number;
    }

    /// <summary>The number of what a call names.</summary>
    internal int OperationOf(RecordedCall call)
    {
        TracedOperation operation = new(call.Server, call.Method, call.Name, call.Backend);
        if (!_operations.TryGetValue(operation, out int number))
        {
            _operations.Add(operation, number = Operations.Count);
            Operations.Add(operation);
        }

        return number;
    }

    private void Add(RecordedEvent recorded)
    {
        if (recorded.Run is DateTimeOffset run)
        {
            long last = _lastOfRun.GetValueOrDefault(run);
            IsOutOfOrder |= recorded.Number <= last;
            Missing += Math.Max(0, recorded.Number - last - 1);
            _lastOfRun[run] = Math.Max(last, recorded.Number);
        }

        if (recorded is RecordedChange { Change: StoreChange.Release, Run: DateTimeOffset of } release)
        {
            Released.Add((of, release.Call));
            _runsWithReleases.Add(of);
        }

        if (recorded is not RecordedCall call)
        {
            return;
        }

        Calls += call.Again == 0 ? 1 : 0; // One more decision of a call is not one more call.
        First = call.At < First ? call.At : First;
        Last = call.At > Last ? call.At : Last;
        _ = NumberOf(call.Caller);
        _ = OperationOf(call);
        WithoutRun += call.Run is null && !call.LacksIdentity ? 1 : 0;
        if (call.ConfigVersion.Length > 0)
        {
            Versions.Add(call.ConfigVersion);
        }

        if (call.MaxWait > TimeSpan.Zero)
        {
            WaitingServers.Add(call.Server);
            (int, int) pair = (OperationOf(call), NumberOf(call.Caller));
            _waits[pair] = call.MaxWait > _waits.GetValueOrDefault(pair) ? call.MaxWait : _waits.GetValueOrDefault(pair);
        }
    }

    // Hashes are hexadecimal, and each part has its length in front where it is not.
    private static string KeyOf(HashedCaller caller)
    {
        StringBuilder key = new();
        foreach (string? part in (ReadOnlySpan<string?>)[caller.Issuer, caller.User, caller.Tenant, caller.Client])
        {
            key.Append(CultureInfo.InvariantCulture, $"{part?.Length ?? -1}:{part}");
        }

        key.Append(caller.SpansTenants ? '1' : '0');
        foreach (HashedClaim claim in caller.Claims)
        {
            key.Append(CultureInfo.InvariantCulture, $"{claim.Name.Length}:{claim.Name}{claim.Values.Length}");
            foreach (string value in claim.Values)
            {
                key.Append(CultureInfo.InvariantCulture, $"{value.Length}:{value}");
            }
        }

        return key.ToString();
    }
}

/// <summary>What a recorded call names.</summary>
/// <param name="Server">The name of the server.</param>
/// <param name="Method">The JSON-RPC method.</param>
/// <param name="Name">The tool or prompt, or the URI of the resource; or null.</param>
/// <param name="Backend">The server behind a virtual server to which it went, where limits depended on it; else null.</param>
internal readonly record struct TracedOperation(string Server, string Method, string? Name, string? Backend);
