using System.Collections.Immutable;

namespace Sluice.Documents;

/// <summary>Reads <c>servers[].upstream</c>: a URL, or a command with what belongs to it.</summary>
internal sealed class UpstreamReader(FaultList faults)
{
    private static readonly Dictionary<string, CommandInstances> Instances = new(StringComparer.Ordinal)
    {
        ["perSession"] = CommandInstances.PerSession,
        ["shared"] = CommandInstances.Shared,
    };

    private const int MaxEntries = 1_000;
    private const string Field = "upstream";

    private const string Advice =
        "Write the URL of an MCP server, such as http://127.0.0.1:3001/mcp, or '{ command: … }' for one to start.";

    private static readonly FieldTable CommandTable = new(
        new FieldSpec("command", new TextSpec()).Required(),
        new("args", new ListSpec(new AnyTextSpec(), MaxEntries)),
        new("env", new MapSpec(new AnyTextSpec(), "^[A-Za-z_][A-Za-z0-9_]*$", MaxCount: null, MinCount: 0)),
        new("cwd", new TextSpec()),
        new("instances", new ChoiceSpec<CommandInstances>(Instances)),
        new("maxSessions", new IntegerSpec(1, CommandUpstreamConfiguration.MaxSessionsUpperBound)),
        new("maxSessionsPerUser", new IntegerSpec(1, CommandUpstreamConfiguration.MaxSessionsUpperBound)),
        new("startRate", RateReader.Value),
        new("startRatePerUser", RateReader.Value),
        new("idleTimeout", new DurationSpec(
            CommandUpstreamConfiguration.MinIdleTimeout, CommandUpstreamConfiguration.MaxIdleTimeout, "1s to 1d", "30s, 10m or 1h")));

    /// <summary>The value of <c>upstream</c>.</summary>
    internal static readonly ValueSpec Value =
        new AnyOfSpec(new TextSpec(int.MaxValue, @"^\s*[hH][tT][tT][pP][sS]?://"), new GroupSpec(() => CommandTable));

    /// <summary>The upstream, or null when it is wrong.</summary>
    /// <param name="server">The fields of the server.</param>
    internal UpstreamConfiguration? Read(FieldReader server)
    {
        if (server.Required(Field) is not Node node || node is ScalarNode { IsUnresolved: true })
        {
            return null;
        }

        if (node is MappingNode mapping)
        {
            return ReadCommand(mapping, server.PathOf(Field));
        }

        Uri? address = null;
        string? wrong = node is not ScalarNode { IsNull: false } scalar
            ? $"{node.Describe()} is not a URL. {Advice}"
            : WhyNotAnAddress(scalar, out address);
        return server.Accept(address, wrong, node, Field) is Uri right ? new HttpUpstreamConfiguration(right) : null;
    }

    /// <summary>Null, or why a text is not the URL of a server.</summary>
    internal static string? WhyNotAnAddress(ScalarNode scalar, out Uri? address)
    {
        // Up to an @ a URL can hold a password, and a query can hold a token.
        string shown = scalar.Written.AsSpan().ContainsAny('@', '?') ? "the value" : scalar.Describe();
        if (!Uri.TryCreate(scalar.Value.Trim(), UriKind.Absolute, out address)
            || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps)
            || address.Host.Length == 0)
        {
            return $"{shown} is not an http or https URL. {Advice}";
        }

        return address.UserInfo.Length > 0 ? "holds a user or a password, which are not sent to upstreams. Remove them."
            : address.Fragment.Length > 0 ? $"{shown} has a fragment, which no server sees. Remove it and its '#'."
            : address.AbsolutePath.TrimEnd('/').EndsWith("/sse", StringComparison.OrdinalIgnoreCase)
                ? $"{shown} looks like a server of the 2024-11-05 HTTP+SSE transport, which has two endpoints and is not supported. "
                    + "Write the URL of its Streamable HTTP endpoint, which often ends with /mcp."
            : null;
    }

    private CommandUpstreamConfiguration? ReadCommand(MappingNode mapping, string path)
    {
        FieldReader reader = FieldReader.Open(mapping, path, CommandTable, faults)!;
        string? command = reader.Text("command");
        int maxSessions = reader.Integer("maxSessions")
            ?? CommandUpstreamConfiguration.DefaultMaxSessions;
        CommandUpstreamConfiguration read = new()
        {
            Command = command ?? "",
            Arguments = ReadArguments(reader),
            Environment = ReadEnvironment(reader),
            WorkingDirectory = reader.Text("cwd"),
            Instances = reader.Choice<CommandInstances>("instances") ?? default,
            MaxSessions = maxSessions,
            StartRate = ReadRate(reader, "startRate") ?? CommandUpstreamConfiguration.DefaultStartRate,
            StartRatePerUser = ReadRate(reader, "startRatePerUser") ?? CommandUpstreamConfiguration.DefaultStartRatePerUser,
            IdleTimeout = reader.Duration("idleTimeout") ?? CommandUpstreamConfiguration.DefaultIdleTimeout,
        };
        if (reader.Integer("maxSessionsPerUser", maxSessions) is int maxSessionsPerUser)
        {
            read = read with { MaxSessionsPerUser = maxSessionsPerUser };
        }

        return command is null ? null : read;
    }

    private Rate? ReadRate(FieldReader reader, string name) =>
        reader.Node(name) is Node node ? RateReader.Read(node, reader.PathOf(name), faults) : null;

    private ImmutableArray<string> ReadArguments(FieldReader reader) =>
    [
        .. reader.List("args").Select(entry => ReadText(entry.Item, entry.Path)).OfType<string>(),
    ];

    private ImmutableArray<KeyValuePair<string, string>> ReadEnvironment(FieldReader reader)
    {
        const string Name = "env";
        Node? node = reader.Node(Name);
        if (node is not MappingNode variables)
        {
            if (node is not null and not ScalarNode { IsUnresolved: true })
            {
                string what = node is ScalarNode { IsNull: false } ? "a text" : node.Describe();
                faults.Add(node, reader.PathOf(Name), $"{what} is not a group of variables. Write '{{ NAME: value }}'.");
            }

            return [];
        }

        ImmutableArray<KeyValuePair<string, string>>.Builder read = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        foreach (Field variable in variables.Fields)
        {
            string path = $"{reader.PathOf(Name)}.{Shown.Step(variable.Name)}";
            if (!IsVariable(variable.Name))
            {
                faults.Add(
                    variable, path,
                    $"{Shown.Quote(variable.Name)} is not a variable's name. Use letters, digits and _, without a digit in front.");
            }
            else if (ReadText(variable.Value, path) is string value)
            {
                read.Add(new(variable.Name, value));
            }
        }

        return read.ToImmutable();
    }

    /// <summary>A text that may be empty and may hold spaces and lines; it is not repeated, since it may be secret.</summary>
    private string? ReadText(Node node, string path)
    {
        if (node is ScalarNode { IsUnresolved: true })
        {
            return null;
        }

        string? wrong = node is not ScalarNode scalar ? $"{node.Describe()} is not text. Write a single value."
            : scalar.IsNull ? "is empty. Write text; the empty text is \"\"."
            : FieldReader.IsAnotherType(scalar) ? "the value is not text. Put it in quotes."
            : scalar.Value.Contains('\0') ? "holds the character U+0000, which no program can be given. Remove it."
            : null;
        if (wrong is null)
        {
            return ((ScalarNode)node).Value;
        }

        faults.Add(node, path, wrong);
        return null;
    }

    private static bool IsVariable(string name) =>
        !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
