using System.Collections.Concurrent;
using System.Text;

namespace Sluice.Mcp;

/// <summary>The requests that are held, by the name under which their client can cancel them.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class HeldRequests
{
    private readonly ConcurrentDictionary<Key, CancellationTokenSource> _requests = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource? _empty;
    private int _count;

    /// <summary>How many requests have entered, and not left.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Counts a request until the result is disposed. A front that forwards the request itself disposes it after that, so that
    /// <see cref="WhenEmpty"/> waits for a request that is neither held nor forwarded.
    /// </summary>
    internal Stay Enter()
    {
        Add(1);
        return new Stay(this);
    }

    /// <summary>Cancels a request.</summary>
    /// <returns>Whether it was held.</returns>
    internal bool Cancel(Key key)
    {
        if (!_requests.TryRemove(key, out CancellationTokenSource? cancelling))
        {
            return false;
        }

        try
        {
            cancelling.Cancel();
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false; // Its instant came at the same time as the cancellation.
        }
    }

    /// <summary>Completes when every request that has entered has left.</summary>
    internal Task WhenEmpty()
    {
        lock (_gate)
        {
            if (_count == 0)
            {
                return Task.CompletedTask;
            }

            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    private void Add(int change)
    {
        lock (_gate)
        {
            _count += change;
            if (_count == 0)
            {
                _empty?.TrySetResult();
                _empty = null;
            }
        }
    }

    /// <summary>A request that has entered.</summary>
    internal readonly struct Stay(HeldRequests owner) : IDisposable
    {
        /// <summary>Waits until the instant of a decision that is held.</summary>
        /// <param name="gate">The gate that made the decision.</param>
        /// <param name="decision">The decision.</param>
        /// <param name="key">The name of the request. Of two requests with one name, only the first can be cancelled.</param>
        /// <param name="cancellationToken">Is cancelled when the client has left.</param>
        /// <returns>The decision at its instant; or null if the client has cancelled the request. Its tokens have then come back.</returns>
        /// <exception cref="OperationCanceledException">The client has left. The tokens have come back.</exception>
        internal async ValueTask<GateDecision?> HoldAsync(CallGate gate, GateDecision decision, Key key, CancellationToken cancellationToken)
        {
            ConcurrentDictionary<Key, CancellationTokenSource> requests = owner._requests;
            using CancellationTokenSource cancelling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            bool isKnown = requests.TryAdd(key, cancelling);
            try
            {
                return await gate.HoldAsync(decision, cancelling.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return null;
            }
            finally
            {
                if (isKnown)
                {
                    requests.TryRemove(new(key, cancelling));
                }
            }
        }

        /// <summary>The request leaves: it is forwarded, answered or cancelled.</summary>
        public void Dispose() => owner.Add(-1);
    }

    /// <summary>The name of a request.</summary>
    /// <param name="Caller">Who sent it. No other caller can cancel it.</param>
    /// <param name="Session">The session of the client; empty where a process has one client.</param>
    /// <param name="Id">The text of the id, as JSON.</param>
    internal readonly record struct Key(CallerIdentity Caller, string Session, string Id)
    {
        internal Key(CallerIdentity caller, string session, ReadOnlyMemory<byte> id)
            : this(caller, session, Encoding.UTF8.GetString(id.Span))
        {
        }
    }
}
