using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>A file of another product.</summary>
internal sealed class ImportSource
{
    internal ImportSource(string name, string text)
    {
        Name = name;
        Text = text;
        YamlFaults = new FaultList(name);
        Documents = DocumentReader.ReadAll(DocumentFile.WithoutByteOrderMark(text), _ => null, YamlFaults);
    }

    /// <summary>What messages call the file.</summary>
    internal string Name { get; }

    internal string Text { get; }

    /// <summary>What is wrong with the file as YAML.</summary>
    internal FaultList YamlFaults { get; }

    /// <summary>The documents of the file, in their order.</summary>
    internal ImmutableArray<Node> Documents { get; }

    /// <summary>The documents that are groups of fields.</summary>
    internal IEnumerable<MappingNode> Groups => Documents.OfType<MappingNode>();
}
