using System.Collections.Immutable;

namespace Sluice.Configuration.Documents;

/// <summary>Collects the faults of one file.</summary>
internal sealed class FaultList(string file)
{
    private readonly List<Fault> _faults = [];

    internal int Count => _faults.Count;

    internal void Add(Node node, string path, string message) => Add(node.Line, node.Column, path, message);

    internal void Add(Field field, string path, string message) => Add(field.Line, field.Column, path, message);

    internal void Add(int line, int column, string path, string message) =>
        _faults.Add(new Fault(file, line, column, path, message));

    /// <summary>The faults in the order of the file.</summary>
    internal ImmutableArray<Fault> ToImmutable() => [.. _faults.OrderBy(fault => fault.Line).ThenBy(fault => fault.Column)];
}
