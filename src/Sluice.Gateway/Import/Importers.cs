using System.Collections.Immutable;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Gateway;

/// <summary>The importers of all products.</summary>
internal static class Importers
{
    /// <summary>In the order of the command's help.</summary>
    internal static readonly ImmutableArray<IImporter> All = [new ContextForgeImporter(), new FastMcpImporter(), new KuadrantImporter(), new AgentgatewayImporter(), new EnvoyImporter()];

    /// <summary>Our document for a file of another product; null, and faults, where it cannot be written.</summary>
    /// <param name="importer">The product's importer.</param>
    /// <param name="name">What messages call the file.</param>
    /// <param name="text">Its text.</param>
    /// <param name="faults">What is wrong with the file, or cannot be expressed here.</param>
    internal static string? Import(IImporter importer, string name, string text, out ImmutableArray<Fault> faults)
    {
        ImportSource source = new(name, text);
        bool isRead = !importer.IsYaml || source.YamlFaults.Count == 0;
        FaultList found = isRead ? new FaultList(name) : source.YamlFaults;
        ImportedDocument document = new(found);
        if (isRead && importer.Recognizes(source))
        {
            importer.Import(source, document);
        }
        else if (isRead || OtherKind(importer, source) is not null)
        {
            found.Add(0, 0, "", $"is not {importer.FileKind}.{WhatItLooksLike(importer, source)}");
        }

        faults = found.ToImmutable();
        return faults.IsEmpty ? Write(importer, document, name, out faults) : null;
    }

    /// <summary>Writes the document, and reads it back: what it cannot express is a fault, and nothing invalid is printed.</summary>
    private static string? Write(IImporter importer, ImportedDocument document, string name, out ImmutableArray<Fault> faults)
    {
        string yaml = DocumentWriter.Write(document, importer.Product, name);
        GatewayFileResult result = GatewayFile.Parse(yaml, name);
        faults = [.. result.Faults.Select(fault => new Fault(name, 0, 0, "", $"cannot be expressed here: {fault.Path}: {fault.Message}"))];
        return faults.IsEmpty ? yaml : null;
    }

    private static IImporter? OtherKind(IImporter asked, ImportSource source) =>
        All.FirstOrDefault(importer => importer != asked && importer.Recognizes(source));

    private static string WhatItLooksLike(IImporter asked, ImportSource source) =>
        OtherKind(asked, source) is IImporter other ? $" It looks like {other.FileKind}: try 'sluice import {other.Product}'."
        : source.Groups.Any(root => root.Find("servers") is not null) ? " It looks like a configuration of Sluice, which needs no import."
        : "";
}
