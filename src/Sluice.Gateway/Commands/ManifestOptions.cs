using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Sluice.Configuration;
using Sluice.Documents;
using StackExchange.Redis;

namespace Sluice.Gateway;

/// <summary>The options of <c>sluice run</c> for manifests of ToolHive, which do not say where servers are.</summary>
internal sealed class ManifestOptions
{
    private const string Memory = "memory";
    private static readonly TimeSpan ResolveTime = TimeSpan.FromSeconds(5);

    private readonly Option<string[]> _upstreams = new("--upstream")
    {
        Description = "With manifests of ToolHive: where a server is. May be repeated.",
        HelpName = "NAME=URL",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string?> _store = new("--store")
    {
        Description = "With manifests of ToolHive: the address of Redis in place of theirs, or 'memory' to keep buckets in this process.",
        HelpName = "ADDRESS",
    };

    /// <summary>Adds the options to a command.</summary>
    internal void AddTo(Command command)
    {
        command.Add(_upstreams);
        command.Add(_store);
    }

    /// <summary>Whether one of the options is there.</summary>
    internal bool AreGiven(ParseResult parsed) => parsed.GetValue(_upstreams) is { Length: > 0 } || parsed.GetValue(_store) is not null;

    /// <summary>What the options add to documents; null when one is wrong, and the reason.</summary>
    internal ReadingOptions? Read(ParseResult parsed, out string? why)
    {
        ImmutableDictionary<string, Uri>.Builder upstreams = ImmutableDictionary.CreateBuilder<string, Uri>(StringComparer.OrdinalIgnoreCase);
        foreach (string text in parsed.GetValue(_upstreams) ?? [])
        {
            if (!TryReadUpstream(text, upstreams, out why))
            {
                return null;
            }
        }

        StoreConfiguration? store = ReadStore(parsed.GetValue(_store), out why);
        return why is null ? new ReadingOptions { IsToRun = true, Upstreams = upstreams.ToImmutable(), Store = store } : null;
    }

    /// <summary>Null, or why the options do not go with what was read.</summary>
    internal static string? WhyUnused(ReadingOptions options, ManifestNames manifests)
    {
        if (manifests.Servers.IsEmpty)
        {
            return options.Store is null && options.Upstreams.IsEmpty
                ? null
                : "--upstream and --store go with manifests of ToolHive, and there are none. "
                    + "Leave them out, and write 'upstream' and 'store' in the file.";
        }

        string[] names = [.. manifests.Servers.Select(server => server.Name)];
        foreach (string name in options.Upstreams.Keys)
        {
            int matches = names.Contains(name, StringComparer.OrdinalIgnoreCase)
                ? 1
                : manifests.Servers.Count(server => server.ShortName.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (matches != 1)
            {
                return matches == 0
                    ? $"--upstream: {Shown.Quote(name)} is not the name of a server in the manifests. {NearestName.Advice(name, names)}"
                    : $"--upstream: {Shown.Quote(name)} is the name of {matches} servers. "
                        + $"Write the namespace too: {string.Join(", ", names)}.";
            }
        }

        return null;
    }

    /// <summary>Null, or why Redis as the manifests name it is not reachable by name from here.</summary>
    internal static async Task<string?> WhyUnresolvedAsync(ManifestNames manifests, CancellationToken cancellationToken)
    {
        if (manifests.Redis is null)
        {
            return null;
        }

        foreach (DnsEndPoint server in ConfigurationOptions.Parse(manifests.Redis).EndPoints.OfType<DnsEndPoint>())
        {
            try
            {
                using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                late.CancelAfter(ResolveTime);
                await Dns.GetHostAddressesAsync(server.Host, late.Token);
            }
            catch (Exception exception) when (exception is SocketException
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                return $"sessionStorage.address: {Shown.Quote(server.Host)} is not a name that this machine can resolve. "
                    + "Add --store ADDRESS, or --store "
                    + "memory to keep buckets in this process.";
            }
        }

        return null;
    }

    private static bool TryReadUpstream(string text, ImmutableDictionary<string, Uri>.Builder upstreams, out string? why)
    {
        int equals = text.IndexOf('=');
        if (equals <= 0)
        {
            why = $"--upstream: {Shown.Quote(text)} is not a server and its URL. Write one such as weather=http://127.0.0.1:3001/mcp.";
            return false;
        }

        string name = text[..equals];
        string url = text[(equals + 1)..];
        why = UpstreamReader.WhyNotAnAddress(new ScalarNode(0, 0) { Written = url, Value = url, IsPlain = true }, out Uri? address);
        if (why is null && !upstreams.TryAdd(name, address!))
        {
            why = "is given twice. Keep one of the two.";
        }

        why = why is null ? null : $"--upstream {Shown.Step(name)}: {why}";
        return why is null;
    }

    private static StoreConfiguration? ReadStore(string? text, out string? why)
    {
        why = null;
        if (text is null or Memory)
        {
            return text is null ? null : StoreConfiguration.Memory;
        }

        RedisAddress? address = RedisAddressReader.Read(new MarkedText(text), out why);
        why = why is null ? null : $"--store: {why}";
        return address is null
            ? null
            : new StoreConfiguration { Redis = address.Text, User = address.User, Password = address.Password, Database = address.Database };
    }
}
