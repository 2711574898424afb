namespace Sluice;

/// <summary>Iterates over the entries of a sliding log that count, oldest first.</summary>
internal unsafe ref struct LogWalk
{
    private readonly LogView _view;
    private readonly LogPool _pool;
    private LogChunk* _chunk;
    private int _entry;
    private ulong _drop;
    private bool _isOver;

    /// <param name="view">The log.</param>
    /// <param name="drop">Tokens that a change of numbers dropped, of the entries that counted under the old ones.</param>
    internal LogWalk(LogView view, ulong drop)
    {
        _view = view;
        _pool = view.Pool;
        _drop = drop;
        _isOver = view.State.IsNew;
        if (SlidingWindow.IsChunked(view.State))
        {
            _chunk = _pool[SlidingWindow.Oldest(view.State)];
            _entry = _chunk->First;
        }
    }

    /// <summary>When the entry was charged.</summary>
    internal ulong Time { get; private set; }

    /// <summary>The tokens of the entry that count.</summary>
    internal ulong Cost { get; private set; }

    /// <summary>Moves to the next entry that counts.</summary>
    /// <returns>False when there is none; <see cref="Time"/> and <see cref="Cost"/> then stay.</returns>
    internal bool MoveNext()
    {
        while (Next(out ulong time, out ulong cost))
        {
            if (!_view.CountedWhenWritten(time))
            {
                continue;
            }

            ulong dropped = Math.Min(_drop, cost);
            _drop -= dropped;
            if (dropped < cost && _view.Counts(time))
            {
                Time = time;
                Cost = cost - dropped;
                return true;
            }
        }

        return false;
    }

    private bool Next(out ulong time, out ulong cost)
    {
        (time, cost) = (_view.State.Time, _view.State.Word);
        if (_chunk is null)
        {
            bool isFirst = !_isOver;
            _isOver = true;
            return isFirst;
        }

        if (_entry == _chunk->End)
        {
            if (_chunk->Next == 0)
            {
                return false;
            }

            _chunk = _pool[_chunk->Next];
            _entry = _chunk->First;
        }

        (time, cost) = (_chunk->Time(_entry), _chunk->Cost(_entry));
        _entry++;
        return true;
    }
}
