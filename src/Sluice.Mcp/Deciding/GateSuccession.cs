namespace Sluice.Mcp;

/// <summary>The gates of one server under one configuration after another: which of them is the current one.</summary>
/// <remarks>
/// All gates of the server share it, so that none of them keeps another one in memory. Thread safety: any number of threads.
/// </remarks>
internal sealed class GateSuccession
{
    private volatile CallGate? _current;

    /// <summary>The gate that was activated last; null before the first.</summary>
    internal CallGate? Current
    {
        get => _current;
        set => _current = value;
    }
}
