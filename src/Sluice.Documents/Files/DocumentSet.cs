using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>The documents of several files, or of one file with several documents.</summary>
/// <remarks>Thread safety: one thread.</remarks>
/// <param name="path">The folder or the file, as faults name it.</param>
/// <param name="values">What <c>${…}</c> refers to in documents of our own. In manifests it means itself.</param>
internal sealed class DocumentSet(string path, IValueSource values)
{
    private readonly List<SourceDocument> _documents = [];

    /// <summary>Takes the faults of all files.</summary>
    internal FaultList Faults { get; } = new(path);

    /// <summary>Takes the warnings of all files.</summary>
    internal FaultList Warnings { get; } = new(path);

    /// <summary>The documents, in their order; those without content are left out.</summary>
    internal IReadOnlyList<SourceDocument> Documents => _documents;

    /// <summary>Adds the documents of a file.</summary>
    internal void Add(string text, string file)
    {
        FaultList faults = Faults.ForFile(file);
        FaultList warnings = Warnings.ForFile(file);
        foreach (Node root in Read(DocumentFile.WithoutByteOrderMark(text), faults))
        {
            if (root is not ScalarNode { IsNull: true })
            {
                _documents.Add(new SourceDocument(root, faults, warnings));
            }
        }
    }

    private ImmutableArray<Node> Read(string text, FaultList faults)
    {
        if (!KubernetesObject.MayBeIn(text))
        {
            return DocumentReader.Read(text, values, faults) is Node root ? [root] : [];
        }

        // Which documents are manifests is not known before they are read.
        Node[] unresolved = [.. DocumentReader.ReadAll(text, _ => null, new FaultList(faults.File))];
        return DocumentReader.ReadAll(
            text, index => index < unresolved.Length && !KubernetesObject.IsObject(unresolved[index]) ? values : null, faults);
    }
}
