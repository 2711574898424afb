using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The charged requests of one client whose lease ends with their answer.</summary>
/// <remarks>
/// <para>
/// A client may use the id of a request that is still pending. The answers are then taken in the order of the requests, as
/// <see cref="PendingRequests"/> does, so that every request keeps its slots until it has an answer.
/// </para>
/// <para>Thread safety: every member may be called from any thread.</para>
/// </remarks>
internal sealed class ChargedRequests
{
    private readonly Lock _gate = new();
    private readonly Dictionary<RequestId, List<Charged>> _requests = [];

    /// <summary>Keeps what a request holds.</summary>
    /// <param name="id">Its id as its client wrote it.</param>
    /// <param name="lease">What it holds.</param>
    /// <param name="canAskForInput">Whether an answer that asks for input refunds it.</param>
    internal void Add(ReadOnlyMemory<byte> id, CallLease lease, bool canAskForInput)
    {
        if (lease.IsNone)
        {
            return;
        }

        if (RequestId.Read(id.Span) is not RequestId key)
        {
            // No server repeats such an id by its value, so no answer is known to be this request's. It keeps its slots until they
            // are too old.
            if (!lease.HoldsSlots)
            {
                lease.Dispose();
            }

            return;
        }

        lock (_gate)
        {
            if (!_requests.TryGetValue(key, out List<Charged>? charged))
            {
                _requests[key] = charged = [];
            }

            charged.Add(new Charged(lease, canAskForInput));
        }
    }

    /// <summary>Forgets the last request with an id, which was not passed on; its lease is the caller's again.</summary>
    internal void Remove(ReadOnlyMemory<byte> id) => Take(id, isLast: true);

    /// <summary>Ends what the first request with an id holds: it is answered, or will not be.</summary>
    /// <param name="id">Its id as its client wrote it.</param>
    /// <param name="answer">Its answer; empty for none. One that asks for input refunds the request before it is passed on.</param>
    internal void End(ReadOnlyMemory<byte> id, ReadOnlySpan<byte> answer)
    {
        if (Take(id, isLast: false) is not Charged charged)
        {
            return;
        }

        if (charged.CanAskForInput && IsInputRequired(answer))
        {
            charged.Lease.RefundAsync().AsTask().GetAwaiter().GetResult(); // The thread that reads from the server may block.
        }

        charged.Lease.Dispose();
    }

    private Charged? Take(ReadOnlyMemory<byte> id, bool isLast)
    {
        if (RequestId.Read(id.Span) is not RequestId key)
        {
            return null;
        }

        lock (_gate)
        {
            if (!_requests.TryGetValue(key, out List<Charged>? charged))
            {
                return null;
            }

            int index = isLast ? charged.Count - 1 : 0;
            Charged taken = charged[index];
            charged.RemoveAt(index);
            if (charged.Count == 0)
            {
                _requests.Remove(key);
            }

            return taken;
        }
    }

    private static bool IsInputRequired(ReadOnlySpan<byte> answer)
    {
        if (answer.IndexOf("input_required"u8) < 0)
        {
            return false;
        }

        ResultTypeScanner scanner = new();
        scanner.Read(answer);
        return scanner is { HasEnded: true, IsInputRequired: true };
    }

    private readonly record struct Charged(CallLease Lease, bool CanAskForInput);
}
