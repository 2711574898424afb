using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads a valid document server by server.</summary>
/// <remarks>
/// <para>
/// The nodes of one server are gone when the next one is read, and a server that is known is not read at all. So a reading of thousands of
/// limits leaves the garbage collector little to copy while calls wait for it.
/// </para>
/// <para>A document with faults is read again as a whole, for their places and their words.</para>
/// <para>Thread safety: one thread.</para>
/// </remarks>
/// <param name="document">The document.</param>
/// <param name="fileName">What faults call it.</param>
/// <param name="values">What <c>${…}</c> refers to.</param>
/// <param name="content">Records the files that it names.</param>
/// <param name="known">The servers of the last reading.</param>
internal sealed class SlicedReader(
    SlicedDocument document, string fileName, IValueSource values, DocumentContent content, KnownServers known)
{
    private const string ServersField = "servers";
    private readonly FaultList _faults = new(fileName);
    private readonly ServerIndex _index = new() { KeepsNodes = false };
    private KnownServers.Reading? _reading;

    /// <summary>The configuration; null when the document has faults, or could not be cut where it was.</summary>
    internal GatewayConfiguration? Read()
    {
        // In a group in braces, a line 'servers:' would be a field too.
        if (DocumentReader.Read(document.Rest, values, _faults) is not MappingNode { IsFlow: false } root
            || root.Find(ServersField) is not { Column: 1, Value: ScalarNode { IsNull: true } } field
            || field.Line != document.Line)
        {
            return null;
        }

        GatewayReader reader = new(_faults, values, content) { Index = _index };
        GatewayConfiguration? configuration = reader.Read(root, (_, identities) => ReadServers(identities));
        if (configuration is null || _reading is null || _faults.Count > 0)
        {
            return null;
        }

        _reading.Complete();
        return configuration;
    }

    private ImmutableArray<ServerConfiguration> ReadServers(KnownIdentities identities)
    {
        _reading = known.Begin(identities);
        ServerReader reader = new(_faults, identities, _index);
        ImmutableArray<ServerConfiguration>.Builder servers = ImmutableArray.CreateBuilder<ServerConfiguration>(document.Entries.Length);
        foreach (ReadOnlyMemory<char> entry in document.Entries)
        {
            WorkPace.Step();
            string path = $"{ServersField}[{servers.Count}]";
            if (_reading.TryFind(entry.Span, out string digest, out ServerConfiguration? server))
            {
                reader.Take(server, path);
            }
            else if (DocumentReader.ReadEntry(new MemoryReader(entry), values, _faults) is not Node node
                || (server = reader.Read(node, path)) is null)
            {
                _faults.Add(0, 0, path, "cannot be read by itself.");
                break;
            }

            _reading.Add(entry.Span, digest, server);
            servers.Add(server);
        }

        return servers.ToImmutable();
    }
}
