namespace Sluice.Gateway;

/// <summary>Reads the documents of one other product.</summary>
internal interface IImporter
{
    /// <summary>The word for the product on the command line.</summary>
    string Product { get; }

    /// <summary>What the file has to be, for messages, such as <c>a plugin configuration of ContextForge</c>.</summary>
    string FileKind { get; }

    /// <summary>Whether its files are YAML, so that a fault of YAML is a fault of the file.</summary>
    bool IsYaml => true;

    /// <summary>Whether a file is one of this product, as far as its outline shows.</summary>
    bool Recognizes(ImportSource source);

    /// <summary>Writes our document for a file of this product. What is wrong with the file becomes a fault.</summary>
    void Import(ImportSource source, ImportedDocument document);
}
