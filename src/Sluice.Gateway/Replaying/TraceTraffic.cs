using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>The calls of recorded decisions as traffic to simulate: who called what, and when.</summary>
internal sealed class TraceTraffic : ITraffic
{
    private readonly TraceFile _file;
    private readonly TraceIndex _index;
    private readonly CancellationToken _cancellationToken;

    /// <param name="file">The files.</param>
    /// <param name="index">What is known of them.</param>
    /// <param name="policies">The limits.</param>
    /// <param name="cancellationToken">Ends a reading.</param>
    internal TraceTraffic(TraceFile file, TraceIndex index, HashedPolicies policies, CancellationToken cancellationToken)
    {
        _file = file;
        _index = index;
        _cancellationToken = cancellationToken;
        Callers = [.. index.Callers.Select(caller => new SimulatedCaller(caller.Shown, caller.ToIdentity()))];
        Operations =
        [
            .. index.Operations.Select(operation =>
                new SimulatedOperation(policies.Of(operation.Server), operation.Server, operation.Method, operation.Name ?? "")
                {
                    Backend = policies.BackendOf(operation),
                }),
        ];
    }

    /// <inheritdoc/>
    public ImmutableArray<SimulatedCaller> Callers { get; }

    /// <inheritdoc/>
    public ImmutableArray<SimulatedOperation> Operations { get; }

    /// <inheritdoc/>
    public DateTimeOffset Start => _index.First;

    /// <inheritdoc/>
    public TimeSpan Length => _index.Last - _index.First + TimeSpan.FromTicks(1);

    /// <inheritdoc/>
    public long ExpectedCalls => _index.Calls;

    /// <inheritdoc/>
    public IArrivals Begin() => new Run(this);

    private sealed class Run(TraceTraffic traffic) : IArrivals
    {
        private readonly IEnumerator<RecordedEvent> _events = traffic._file.Read(progress: null, traffic._cancellationToken).GetEnumerator();
        private long _last;

        public bool TryNext(out Arrival arrival)
        {
            while (_events.MoveNext())
            {
                if (_events.Current is RecordedCall { Again: 0 } call)
                {
                    _last = Math.Max(_last, (call.At - traffic.Start).Ticks); // Runs overlap where several gateways wrote.
                    arrival = new Arrival(_last, traffic._index.NumberOf(call.Caller), traffic._index.OperationOf(call));
                    return true;
                }
            }

            arrival = default;
            return false;
        }
    }
}
