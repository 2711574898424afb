using System.Collections.Immutable;
using Sluice.Configuration.Documents;

namespace Sluice.Configuration.Reading;

/// <summary>Reads <c>servers</c>.</summary>
internal sealed class ServerReader(FaultList faults, KnownIdentities identities)
{
    private const int MaxNameLength = 64;
    private static readonly string[] Fields = ["name", "upstream", "path", "rateLimiting"];

    /// <summary>The servers that could be read.</summary>
    internal ImmutableArray<ServerConfiguration> ReadAll(FieldReader root)
    {
        Dictionary<string, string> names = new(StringComparer.OrdinalIgnoreCase);
        Dictionary<string, string> paths = new(StringComparer.Ordinal);
        ImmutableArray<ServerConfiguration>.Builder servers = ImmutableArray.CreateBuilder<ServerConfiguration>();
        foreach ((Node item, string path) in root.List("servers", required: true))
        {
            FieldReader? reader = FieldReader.Open(item, path, Fields, [], faults);
            if (reader is null)
            {
                continue;
            }

            string? name = ReadName(reader);
            Uri? upstream = ReadUpstream(reader);
            string? servedAt = ReadPath(reader, name);
            CheckUnique(reader, names, name, "name");
            CheckUnique(reader, paths, servedAt, reader.Has("path") ? "path" : "name");
            RateLimitPolicy? policy = reader.Node("rateLimiting") is Node limits
                ? new RateLimitingReader(faults).Read(limits, reader.PathOf("rateLimiting"), name ?? path, identities)
                : null;
            if (name is not null && upstream is not null && servedAt is not null)
            {
                servers.Add(new() { Name = name, Upstream = upstream, Path = servedAt, Policy = policy });
            }
        }

        return servers.ToImmutable();
    }

    private string? ReadName(FieldReader reader)
    {
        string? name = reader.Text("name", required: true);
        if (name is null || (name.Length <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')))
        {
            return name;
        }

        Node node = reader.Node("name")!;
        faults.Add(node, reader.PathOf("name"), $"{node.Describe()} is not a server's name: 1 to {MaxNameLength} letters, digits and . _ -");
        return null;
    }

    private Uri? ReadUpstream(FieldReader reader)
    {
        Node? node = reader.Required("upstream");
        if (node is MappingNode)
        {
            faults.Add(node, reader.PathOf("upstream"), "a command as upstream is not supported yet. Use the URL of a server over HTTP.");
            return null;
        }

        if (node is ScalarNode scalar
            && Uri.TryCreate(scalar.Value, UriKind.Absolute, out Uri? uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri.UserInfo.Length == 0
            && uri.Fragment.Length == 0)
        {
            return uri;
        }

        if (node is not null)
        {
            faults.Add(node, reader.PathOf("upstream"), $"{node.Describe()} is not the URL of an MCP server, such as http://127.0.0.1:3001/mcp.");
        }

        return null;
    }

    private string? ReadPath(FieldReader reader, string? name)
    {
        if (!reader.Has("path"))
        {
            return name is null ? null : $"/{name}/mcp";
        }

        string? path = reader.Text("path", required: false);
        if (path is null)
        {
            return null;
        }

        bool valid = path.Length > 1 && path[0] == '/' && path[^1] != '/' && !path.AsSpan().ContainsAny("?#% \\");
        if (!valid)
        {
            Node node = reader.Node("path")!;
            faults.Add(node, reader.PathOf("path"), $"{node.Describe()} is not a path such as /weather/mcp, without a slash at its end.");
        }

        return valid ? path : null;
    }

    private void CheckUnique(FieldReader reader, Dictionary<string, string> seen, string? value, string field)
    {
        if (value is not null && !seen.TryAdd(value, reader.PathOf(field)) && reader.Node(field) is Node node)
        {
            faults.Add(node, reader.PathOf(field), $"'{value}' is taken by {seen[value]}. Choose another.");
        }
    }
}
