using System.Collections.Concurrent;
using Sluice.Mcp;

namespace Sluice.Gateway;

/// <summary>The charged requests of one client whose answer may ask for more input, until they are answered.</summary>
/// <remarks>
/// A client that uses the id of a request that is still pending gets no refund for the second one.
/// Thread safety: every member may be called from any thread.
/// </remarks>
internal sealed class ChargedRequests
{
    private readonly ConcurrentDictionary<RequestId, CallLease> _leases = new();

    /// <summary>Keeps what a request holds.</summary>
    /// <param name="id">Its id as its client wrote it.</param>
    /// <param name="lease">What it holds.</param>
    internal void Add(ReadOnlyMemory<byte> id, CallLease lease)
    {
        if (!lease.IsNone && !(RequestId.Read(id.Span) is RequestId key && _leases.TryAdd(key, lease)))
        {
            lease.Dispose();
        }
    }

    /// <summary>Forgets a request that was not passed on; its lease is the caller's again.</summary>
    internal void Remove(ReadOnlyMemory<byte> id)
    {
        if (RequestId.Read(id.Span) is RequestId key)
        {
            _leases.TryRemove(key, out _);
        }
    }

    /// <summary>Ends what a request holds: it is answered, or will not be.</summary>
    /// <param name="id">Its id as its client wrote it.</param>
    /// <param name="answer">Its answer; empty for none. One that asks for input refunds the request before it is passed on.</param>
    internal void End(ReadOnlyMemory<byte> id, ReadOnlySpan<byte> answer)
    {
        if (RequestId.Read(id.Span) is not RequestId key || !_leases.TryRemove(key, out CallLease lease))
        {
            return;
        }

        if (IsInputRequired(answer))
        {
            lease.RefundAsync().AsTask().GetAwaiter().GetResult(); // The thread that reads the server is here to wait.
        }

        lease.Dispose();
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
}
