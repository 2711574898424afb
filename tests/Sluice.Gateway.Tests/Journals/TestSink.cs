using System.Text;

namespace Sluice.Gateway.Tests.Journals;

/// <summary>A disk that can be full, and that can be as slow as a test wants.</summary>
internal sealed class TestSink : ILineSink
{
    private readonly List<string> _lines = [];
    private readonly SemaphoreSlim _mayWrite = new(0);

    /// <summary>Whether it takes nothing.</summary>
    internal volatile bool IsFull;

    /// <summary>Whether each write waits until <see cref="Resume"/>.</summary>
    internal volatile bool IsStuck;

    /// <summary>How many writes were tried.</summary>
    internal int Writes;

    internal string[] Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    internal void Resume()
    {
        IsStuck = false;
        _mayWrite.Release();
    }

    public bool HasRoomFor(int bytes) => true;

    public void Append(ReadOnlySpan<byte> lines)
    {
        Interlocked.Increment(ref Writes);
        if (IsStuck)
        {
            _mayWrite.Wait();
        }

        if (IsFull)
        {
            throw new IOException("No space left on device");
        }

        lock (_lines)
        {
            _lines.AddRange(Encoding.UTF8.GetString(lines).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
    }

    public string? TakeFault() => null;

    public void Dispose()
    {
    }
}
