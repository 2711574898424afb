using System.Diagnostics.CodeAnalysis;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>Counts the long streams that are open, and limits their number, per user and in total.</summary>
/// <remarks>Thread safety: any number of threads.</remarks>
internal sealed class StreamGate(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UserKey, int> _ofUsers = [];
    private int _total;

    /// <summary>Opens a stream; it counts until it is disposed of.</summary>
    /// <param name="bounds">How many streams may be open, and for how long.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="stopping">Ends it before its time.</param>
    /// <param name="stream">The stream, or null.</param>
    /// <param name="reason">Why no stream can be opened, without a capital letter or a full stop; null if one was opened.</param>
    internal bool TryOpen(
        StreamBounds bounds,
        CallerIdentity caller,
        CancellationToken stopping,
        [NotNullWhen(true)] out OpenStream? stream,
        [NotNullWhen(false)] out string? reason)
    {
        UserKey? user = UserKey.Of(caller);
        lock (_gate)
        {
            int ofUser = user is null ? 0 : _ofUsers.GetValueOrDefault(user.Value);
            reason = user is not null && ofUser >= bounds.PerUser ? $"this user has {ofUser} streams open, and may have no more"
                : _total >= bounds.Total ? "the limit on open streams is reached"
                : null;
            if (reason is not null)
            {
                stream = null;
                return false;
            }

            _total++;
            if (user is not null)
            {
                _ofUsers[user.Value] = ofUser + 1;
            }
        }

        stream = new OpenStream(this, user, new CancellationTokenSource(bounds.MaxAge, time), stopping);
        return true;
    }

    private void Close(UserKey? user)
    {
        lock (_gate)
        {
            _total--;
            if (user is not null && --_ofUsers[user.Value] == 0)
            {
                _ofUsers.Remove(user.Value);
            }
        }
    }

    /// <summary>A stream that is open.</summary>
    internal sealed class OpenStream : IDisposable
    {
        private readonly StreamGate _gate;
        private readonly UserKey? _user;
        private readonly CancellationTokenSource _old;
        private readonly CancellationTokenSource _ended;

        internal OpenStream(
            StreamGate gate, UserKey? user, CancellationTokenSource old, CancellationToken stopping)
        {
            _gate = gate;
            _user = user;
            _old = old;
            _ended = CancellationTokenSource.CreateLinkedTokenSource(old.Token, stopping);
        }

        /// <summary>Is cancelled when the stream is to end: it is too old, or the gateway stops.</summary>
        internal CancellationToken Ended => _ended.Token;

        public void Dispose()
        {
            _ended.Dispose();
            _old.Dispose();
            _gate.Close(_user);
        }
    }
}
