using System.Security.Cryptography;
using System.Text;

namespace Sluice.Gateway;

/// <summary>What a client says about itself, in the forms that backends of both eras take.</summary>
/// <remarks>Thread safety: immutable.</remarks>
internal sealed class ClientFacts
{
    private const string LatestLegacy = "2025-11-25";
    private const string TasksExtension = "io.modelcontextprotocol/tasks"; // Its ids are not carried, so no backend is to use it.

    private ClientFacts()
    {
    }

    private static readonly Dictionary<string, string> Asked = new(StringComparer.Ordinal)
    {
        ["sampling/createMessage"] = "sampling",
        ["elicitation/create"] = "elicitation",
        ["roots/list"] = "roots",
    };

    /// <summary>Whether the client speaks the era without sessions.</summary>
    internal bool IsModern { get; private init; }

    /// <summary>The value of <c>params</c> of the <c>initialize</c> that backends of the legacy era get.</summary>
    internal required ReadOnlyMemory<byte> InitializeParams { get; init; }

    /// <summary>Its name and version; empty where it does not say.</summary>
    internal ReadOnlyMemory<byte> Info { get; private init; }

    /// <summary>What it can do.</summary>
    internal required ReadOnlyMemory<byte> Capabilities { get; init; }

    /// <summary>The least severe log messages that it asks for; null for none.</summary>
    internal string? LogLevel { get; private init; }

    /// <summary>Whether it can be asked anything.</summary>
    internal bool CanBeAsked => Asked.Keys.Any(CanBeAskedFor);

    /// <summary>Whether it says that it can be asked by a method.</summary>
    internal bool CanBeAskedFor(string method) =>
        Asked.TryGetValue(method, out string? capability) && JsonMembers.Of(Capabilities.Span)?.ValueOf(capability) is not null;

    /// <summary>Those of a client of the legacy era.</summary>
    /// <param name="parameters">The value of <c>params</c> of its <c>initialize</c>.</param>
    internal static ClientFacts OfInitialize(byte[] parameters)
    {
        parameters = WithoutTasks(parameters);
        List<JsonMember> members = JsonMembers.Of(parameters) ?? [];
        return new ClientFacts
        {
            InitializeParams = parameters,
            Info = members.ValueOf("clientInfo") is Range info ? parameters.AsMemory(info) : default,
            Capabilities = members.ValueOf("capabilities") is Range capabilities ? parameters.AsMemory(capabilities) : "{}"u8.ToArray(),
        };
    }

    /// <summary>Tasks of a client are not carried, so no backend is told of them.</summary>
    private static byte[] WithoutTasks(byte[] parameters)
    {
        if (JsonMembers.Of(parameters)?.ValueOf("capabilities") is not Range part
            || JsonMembers.Of(parameters.AsSpan(part)) is not List<JsonMember> capabilities
            || capabilities.ValueOf("tasks") is null)
        {
            return parameters;
        }

        byte[] kept = JsonMembers.Write(capabilities
            .Where(member => member.Name != "tasks")
            .Select(member => parameters.AsSpan(part)[member.Member].ToArray()));
        return MessageEdit.Apply(parameters, (part, kept));
    }

    private static byte[] WithoutTasksExtension(byte[] capabilities)
    {
        if (JsonMembers.Of(capabilities)?.ValueOf("extensions") is not Range part
            || JsonMembers.Of(capabilities.AsSpan(part)) is not List<JsonMember> extensions
            || extensions.ValueOf(TasksExtension) is null)
        {
            return capabilities;
        }

        byte[] kept = JsonMembers.Write(extensions
            .Where(member => member.Name != TasksExtension)
            .Select(member => capabilities.AsSpan(part)[member.Member].ToArray()));
        return MessageEdit.Apply(capabilities, (part, kept));
    }

    /// <summary>Those of a client of the modern era; null where a request does not say what it must.</summary>
    /// <param name="meta">The value of <c>_meta</c> of a request.</param>
    internal static ClientFacts? OfMeta(ReadOnlyMemory<byte> meta)
    {
        List<JsonMember> members = JsonMembers.Of(meta.Span) ?? [];
        if (members.ValueOf(ProtocolMeta.ClientCapabilities) is not Range part || JsonMembers.Of(meta.Span[part]) is null)
        {
            return null;
        }

        ReadOnlyMemory<byte> info = members.ValueOf(ProtocolMeta.ClientInfo) is Range about ? meta[about].ToArray() : default;
        byte[] introduced = info.IsEmpty
            ? JsonMembers.Write(
                ProtocolMeta.Member("name", "\"sluice\""u8), ProtocolMeta.Member("version", MergedList.Quote(GatewayVersion.Text)))
            : info.ToArray();
        return new ClientFacts
        {
            IsModern = true,
            InitializeParams = JsonMembers.Write(
                ProtocolMeta.Member("protocolVersion", Encoding.ASCII.GetBytes($"\"{LatestLegacy}\"")),
                ProtocolMeta.Member("capabilities", WithoutTasksExtension(meta[part].ToArray())),
                ProtocolMeta.Member("clientInfo", introduced)),
            Info = info,
            Capabilities = WithoutTasksExtension(meta[part].ToArray()),
            LogLevel = members.ValueOf(ProtocolMeta.LogLevel) is Range level ? JsonMembers.TextOf(meta.Span[level]) : null,
        };
    }

    /// <summary>The same client, when it asks for other log messages.</summary>
    internal ClientFacts WithLogLevel(string? level) => new()
    {
        IsModern = IsModern,
        InitializeParams = InitializeParams,
        Info = Info,
        Capabilities = Capabilities,
        LogLevel = level,
    };

    /// <summary>Names what a client can do, and a credential of it.</summary>
    internal UInt128 HashWith(string authorization)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(Capabilities.Span));
        hash.AppendData(Encoding.UTF8.GetBytes(authorization));
        return System.Runtime.InteropServices.MemoryMarshal.Read<UInt128>(hash.GetHashAndReset());
    }
}
