using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>
/// Reads the limits of one server that a client starts for itself: a file with <c>rateLimiting</c> at its root, or a gateway's
/// file with one server.
/// </summary>
/// <remarks>
/// <para>Nothing is thrown for what a file holds: all of its faults are returned at once.</para>
/// <para>Thread safety: any number of threads.</para>
/// </remarks>
internal static class LocalFile
{
    /// <summary>The name of a server whose file names none.</summary>
    public const string ServerName = "stdio";

    private const string RootField = "rateLimiting";

    /// <summary>The fields of a file with limits at its root.</summary>
    internal static FieldTable Table { get; } = new(new FieldSpec(RootField, RateLimitingReader.Value).Required());

    /// <summary>Reads a file, and what it refers to from the environment and the files of this process.</summary>
    /// <param name="path">The file's path; faults name it as it is given.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    public static LocalFileResult Load(string path) => Load(path, ProcessValueSource.Instance);

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file's path; faults name it as it is given.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="values"/> is null.</exception>
    public static LocalFileResult Load(string path, IValueSource values)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(values);
        (LocalConfiguration? configuration, ImmutableArray<Fault> faults) =
            DocumentFile.Load(path, values, (root, found) => Read(root, found, values));
        return new(configuration, faults);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text of a file.</param>
    /// <param name="fileName">What faults call it.</param>
    /// <param name="values">What <c>${…}</c> refers to.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static LocalFileResult Parse(string text, string fileName, IValueSource values)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(fileName);
        ArgumentNullException.ThrowIfNull(values);
        (LocalConfiguration? configuration, ImmutableArray<Fault> faults) =
            DocumentFile.Parse(text, fileName, values, (root, found) => Read(root, found, values));
        return new(configuration, faults);
    }

    private static LocalConfiguration? Read(Node root, FaultList faults, IValueSource values)
    {
        if (root is MappingNode mapping && mapping.Find(RootField) is Field limits)
        {
            FieldReader.Open(root, "", Table, faults);
            return new() { Policy = new RateLimitingReader(faults, KnownIdentities.ThisProcess).Read(limits.Value, RootField, ServerName) };
        }

        using DocumentContent content = new();
        if (new GatewayReader(faults, values, content, KnownIdentities.ThisProcess).Read(root) is not GatewayConfiguration gateway || faults.Count > 0)
        {
            return null;
        }

        if (gateway.Servers.Length > 1)
        {
            Field servers = ((MappingNode)root).Find("servers")!;
            faults.Add(
                servers,
                "servers",
                $"holds {gateway.Servers.Length} servers, and over stdio there is one. Keep one, or write '{RootField}' at the root.");
            return null;
        }

        ServerConfiguration server = gateway.Servers[0];
        if (server.Allow is not null)
        {
            // A caller over stdio has no claims, so the rule would protect nothing.
            faults.Add(
                ((MappingNode)root).Find("servers")!,
                "servers[0].allow",
                "is for callers with claims, and over stdio there is only the user who runs the server. "
                    + $"Remove it, or write '{RootField}' at the root.");
            return null;
        }

        return new()
        {
            Policy = server.Policy,
            Command = server.Upstream as CommandUpstreamConfiguration,
            Timeout = server.Timeout,
            Drain = gateway.Stop.Drain,
            Store = gateway.Store,
            Audit = gateway.Audit,
            Record = gateway.Record,
            DecisionIds = gateway.DecisionIds,
        };
    }
}
