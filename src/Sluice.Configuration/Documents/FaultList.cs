using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>Collects the faults of one file: every one is counted, and as many are kept as anybody could read.</summary>
internal sealed class FaultList(string file)
{
    /// <summary>The most faults that are kept.</summary>
    internal const int MaxKept = 1_000;

    private readonly List<Fault> _faults = [];
    private int _dropped;

    /// <summary>How many were added, kept or not.</summary>
    internal int Count => _faults.Count + _dropped;

    /// <summary>Whether a further fault is only counted, so that its advice need not be thought out.</summary>
    internal bool IsFull => _faults.Count >= MaxKept;

    internal void Add(Node node, string path, string message) => Add(node.Line, node.Column, path, message);

    internal void Add(Field field, string path, string message) => Add(field.Line, field.Column, path, message);

    internal void Add(int line, int column, string path, string message)
    {
        if (IsFull)
        {
            _dropped++;
            return;
        }

        _faults.Add(new Fault(file, line, column, path, Shown.Message(message)));
    }

    /// <summary>The faults in the order of the file, and at last how many more there are.</summary>
    internal ImmutableArray<Fault> ToImmutable()
    {
        IEnumerable<Fault> ordered = _faults.OrderBy(fault => fault.Line).ThenBy(fault => fault.Column);
        return _dropped == 0
            ? [.. ordered]
            : [.. ordered, new Fault(file, 0, 0, "", $"holds {_dropped} more faults.")];
    }
}
