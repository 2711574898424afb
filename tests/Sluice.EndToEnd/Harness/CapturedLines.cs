namespace Sluice.EndToEnd.Harness;

/// <summary>The lines that a program has written to one of its streams, and those to come.</summary>
/// <remarks>Thread safety: every member may be called from any thread.</remarks>
internal sealed class CapturedLines
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isComplete;

    /// <summary>Adds a line; <see langword="null"/> is the end of the stream.</summary>
    public void Add(string? line)
    {
        lock (_lock)
        {
            if (line is null)
            {
                _isComplete = true;
            }
            else
            {
                _lines.Add(line);
            }

            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The first line that matches, or <see langword="null"/> if the stream ended without one.</summary>
    public async Task<string?> WaitForAsync(Func<string, bool> matches)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_lines.Find(line => matches(line)) is { } found)
                {
                    return found;
                }

                if (_isComplete)
                {
                    return null;
                }

                changed = _changed.Task;
            }

            await changed;
        }
    }

    public override string ToString()
    {
        lock (_lock)
        {
            return string.Join('\n', _lines);
        }
    }
}
