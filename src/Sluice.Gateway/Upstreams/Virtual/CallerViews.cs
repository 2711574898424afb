using System.Collections.Concurrent;

namespace Sluice.Gateway;

/// <summary>What callers of the modern era have behind a virtual server: lists, and sessions at backends of the legacy era.</summary>
/// <remarks>
/// <para>
/// Such a caller has no session here. What it sees is kept for it all the same, by its verified identity (or its address, where no user is
/// known), by what its client can do, and by the <c>Authorization</c> that backends get. No client can name another's.
/// </para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
/// <param name="sessions">Bounds them together with sessions.</param>
/// <param name="all">What all sessions share.</param>
internal sealed class CallerViews(SessionTable sessions, VirtualBackends all)
{
    private readonly ConcurrentDictionary<ViewKey, StdioSession> _views = new();

    /// <summary>The view of a caller, in which a call has begun; its end is <see cref="StdioSession.EndCall"/>.</summary>
    /// <param name="caller">Who calls.</param>
    /// <param name="owner">Whose bound it counts against.</param>
    /// <param name="client">What the client says about itself.</param>
    /// <param name="authorization">What backends get of the caller's credentials; empty where none gets any.</param>
    /// <param name="cancellationToken">Cancels the wait for a place.</param>
    /// <returns>The view, or why there is none.</returns>
    internal async Task<(StdioSession? View, UpstreamFailure? Failure)> BeginCallAsync(
        CallerIdentity caller, CallerIdentity owner, ClientFacts client, string authorization, CancellationToken cancellationToken)
    {
        ViewKey key = new(caller, owner, client.HashWith(authorization));
        while (true)
        {
            if (_views.TryGetValue(key, out StdioSession? known))
            {
                if (sessions.TryBeginCall(known))
                {
                    return (known, null);
                }

                _views.TryRemove(KeyValuePair.Create(key, known));
            }

            (StdioSession? view, UpstreamFailure? failure) = await sessions.CreateAsync(caller, owner, cancellationToken);
            if (view is null)
            {
                return (null, failure);
            }

            VirtualSession session = new(all, view, client.WithLogLevel(null));
            view.Virtual = session;
            sessions.Add(view);
            if (_views.TryAdd(key, view))
            {
                session.Ended.UnsafeRegister(_ => _views.TryRemove(KeyValuePair.Create(key, view)), null);
            }
            else
            {
                sessions.End(view); // Another request of the same caller was faster.
            }
        }
    }

    private readonly record struct ViewKey(CallerIdentity Caller, CallerIdentity Owner, UInt128 Facts);
}
