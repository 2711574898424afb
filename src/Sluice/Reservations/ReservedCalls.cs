using System.Runtime.InteropServices;

namespace Sluice;

/// <summary>The reservations of one bucket, by instant, and by order of arrival where instants are equal.</summary>
/// <remarks>
/// <para>
/// They lie beside the state of the bucket, which knows past calls only. A decision replays them on the state, so a reservation
/// counts at its own instant and at no other. Once its instant has come, the next write of the bucket charges it to the state.
/// </para>
/// <para>Thread safety: the lock of the bucket guards all members, except <see cref="LastAt"/>.</para>
/// </remarks>
internal sealed class ReservedCalls
{
    private readonly List<ReservedCall> _calls = [];
    private ulong _lastAt;

    /// <summary>The reservations.</summary>
    internal ReadOnlySpan<ReservedCall> All => CollectionsMarshal.AsSpan(_calls);

    /// <summary>The latest instant of all reservations that it ever had. Any thread may read it.</summary>
    internal ulong LastAt => Volatile.Read(ref _lastAt);

    /// <summary>
    /// The instant of the last call whose instant this bucket decided: no later call that it delays goes earlier. Or zero.
    /// </summary>
    internal ulong Turn
    {
        get
        {
            ReadOnlySpan<ReservedCall> calls = All;
            for (int i = calls.Length - 1; i >= 0; i--)
            {
                if (calls[i].IsDecider)
                {
                    return calls[i].At;
                }
            }

            return 0;
        }
    }

    /// <summary>Adds a reservation, behind all of the same instant.</summary>
    internal void Add(in ReservedCall call)
    {
        int index = _calls.Count;
        while (index > 0 && _calls[index - 1].At > call.At)
        {
            index--;
        }

        _calls.Insert(index, call);
        Volatile.Write(ref _lastAt, Math.Max(_lastAt, call.At));
    }

    /// <summary>Drops the reservations whose instant has come.</summary>
    internal void RemoveDue(ulong nowTicks) => _calls.RemoveRange(0, CountDue(nowTicks));

    /// <summary>How many reservations have an instant that has come.</summary>
    internal int CountDue(ulong nowTicks)
    {
        int due = 0;
        while (due < _calls.Count && _calls[due].At <= nowTicks)
        {
            due++;
        }

        return due;
    }

    /// <summary>Takes a reservation back.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="startsWindows">
    /// Whether calls of the bucket's algorithm start windows. The window that this call would start, or has started, then stays,
    /// without its tokens: the instants of later reservations were computed with it.
    /// </param>
    /// <returns>False when it is not there: its tokens are in the state of the bucket.</returns>
    internal bool Cancel(long id, bool startsWindows)
    {
        int index = _calls.FindIndex(call => call.Id == id);
        if (index < 0)
        {
            return false;
        }

        if (startsWindows && index < _calls.Count - 1)
        {
            _calls[index] = _calls[index] with { Cost = 0, IsDecider = false };
        }
        else
        {
            _calls.RemoveAt(index);
            while (_calls.Count > 0 && _calls[^1].Cost == 0)
            {
                _calls.RemoveAt(_calls.Count - 1); // No later reservation was computed with that window.
            }
        }

        return true;
    }
}
