using System.Text.Json;

namespace Sluice.Mcp.Reading;

/// <summary>Reads <c>params</c>: what the call names, and the protocol version of a modern request.</summary>
internal struct ParamsReader
{
    private const int Name = 0;
    private const int Uri = 1;
    private const int Meta = 2;
    private static readonly ProtocolKeys Keys = new("name", "uri", "_meta", "arguments", "task", "requestState", "inputResponses");
    private string? _name;
    private string? _uri;
    private bool _nameIsText;
    private bool _uriIsText;

    /// <summary>The version that <c>_meta</c> carries, or null.</summary>
    internal string? ProtocolVersion { get; private set; }

    /// <summary>Reads the object on which the reader stands, to its end.</summary>
    /// <returns>Null, or the rule that it breaks.</returns>
    internal string? Read(ref Utf8JsonReader reader)
    {
        string? broken = null;
        ObjectKeys keys = new(Keys);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string? rule = keys.Take(ref reader, out int key);
            broken ??= rule;
            reader.Read();
            switch (key)
            {
                case Name:
                    _nameIsText = TakeText(ref reader, out _name);
                    break;
                case Uri:
                    _uriIsText = TakeText(ref reader, out _uri);
                    break;
                case Meta when reader.TokenType == JsonTokenType.StartObject:
                    ReadMeta(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return broken;
    }

    /// <summary>Null, or the error of a method that names an operation which these parameters lack.</summary>
    internal readonly McpReadError? Check(string method, ReadOnlyMemory<byte> id) => method switch
    {
        MethodNames.ToolsCall or MethodNames.PromptsGet when !_nameIsText => Lacks("params.name", method, id),
        MethodNames.ResourcesRead when !_uriIsText => Lacks("params.uri", method, id),
        _ => null,
    };

    /// <summary>What a method names, or null for a method that names nothing.</summary>
    internal readonly string? OperationOf(string method) => method switch
    {
        MethodNames.ToolsCall or MethodNames.PromptsGet => _name,
        MethodNames.ResourcesRead => _uri,
        _ => null,
    };

    private static McpReadError Lacks(string place, string method, ReadOnlyMemory<byte> id) =>
        new(400, McpReadError.InvalidParams, $"'{place}' of '{method}' must be a string.", id);

    private static bool TakeText(ref Utf8JsonReader reader, out string? text)
    {
        text = null;
        if (reader.TokenType == JsonTokenType.String)
        {
            return ObjectKeys.TryGetString(ref reader, out text);
        }

        reader.Skip();
        return false;
    }

    private void ReadMeta(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isVersion = reader.ValueSpan.SequenceEqual("io.modelcontextprotocol/protocolVersion"u8);
            reader.Read();
            if (isVersion && reader.TokenType == JsonTokenType.String && ObjectKeys.TryGetString(ref reader, out string? version))
            {
                ProtocolVersion = version;
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
