using System.Collections.Immutable;

namespace Sluice.Configuration;

/// <summary>
/// Collects the faults of a file and of the files that it names: all are counted, and a bounded number is kept.
/// </summary>
internal sealed class FaultList
{
    /// <summary>The most faults that are kept, of all files together.</summary>
    internal const int MaxKept = 1_000;

    private readonly Collected _all;
    private readonly int _fileOrder;

    internal FaultList(string file)
        : this(file, new Collected(file))
    {
    }

    private FaultList(string file, Collected all)
    {
        File = file;
        _all = all;
        _fileOrder = all.Files++;
    }

    /// <summary>What its faults call the file.</summary>
    internal string File { get; }

    /// <summary>How many were added, kept or not, in all files.</summary>
    internal int Count => _all.Faults.Count + _all.Dropped;

    /// <summary>Whether a further fault is only counted, so that its advice need not be thought out.</summary>
    internal bool IsFull => _all.Faults.Count >= MaxKept;

    /// <summary>A list for the faults of another file, which are reported after those of this one.</summary>
    internal FaultList ForFile(string file) => new(file, _all);

    internal void Add(Node node, string path, string message) => Add(node.Line, node.Column, path, message);

    internal void Add(Field field, string path, string message) => Add(field.Line, field.Column, path, message);

    internal void Add(int line, int column, string path, string message)
    {
        if (IsFull)
        {
            _all.Dropped++;
            return;
        }

        _all.Faults.Add((_fileOrder, new Fault(File, line, column, path, Shown.Message(message))));
    }

    /// <summary>The faults in the order of the files, and at last how many more there are.</summary>
    internal ImmutableArray<Fault> ToImmutable()
    {
        IEnumerable<Fault> ordered = _all.Faults
            .OrderBy(entry => entry.FileOrder)
            .ThenBy(entry => entry.Fault.Line)
            .ThenBy(entry => entry.Fault.Column)
            .Select(entry => entry.Fault);
        return _all.Dropped == 0
            ? [.. ordered]
            : [.. ordered, new Fault(_all.RootFile, 0, 0, "", $"holds {_all.Dropped} more faults.")];
    }

    /// <summary>What the lists of all files share.</summary>
    private sealed class Collected(string rootFile)
    {
        internal string RootFile => rootFile;

        internal List<(int FileOrder, Fault Fault)> Faults { get; } = [];

        internal int Dropped { get; set; }

        internal int Files { get; set; }
    }
}
