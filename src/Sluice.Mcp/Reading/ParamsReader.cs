using System.Text.Json;

namespace Sluice.Mcp;

/// <summary>Reads <c>params</c>: what the call names, and the protocol version of a modern request.</summary>
internal struct ParamsReader
{
    private const int Name = 0;
    private const int Uri = 1;
    private const int Meta = 2;

    // What decides the metering, and whatever else the metered methods take. Other keys (a list's cursor, the
    // capabilities of initialize) may differ by case as they like: no limit looks at them.
    private static readonly ProtocolKeys Keys =
        new("name", "uri", "_meta", "arguments", "task", "requestState", "inputResponses");

    // The bytes of a string, quotes included; empty for a value of another kind. The text is made once the method is
    // known, since that may come last.
    private ReadOnlyMemory<byte> _name;
    private ReadOnlyMemory<byte> _uri;

    /// <summary>The version that <c>_meta</c> carries, or null.</summary>
    internal string? ProtocolVersion { get; private set; }

    /// <summary>Reads the object that begins at the current token, to its end.</summary>
    /// <returns>Null, or the first rule that it breaks.</returns>
    internal ReadFault? Read(ref JsonTokens tokens)
    {
        ReadFault? first = null;
        ObjectKeys keys = new(Keys);
        while (tokens.Read() && tokens.Type == JsonTokenType.PropertyName)
        {
            keys.Take(tokens, out int key, out ReadFault? fault);
            first ??= fault;
            tokens.Read();
            switch (fault is null ? key : ProtocolKeys.None)
            {
                case Name:
                    _name = TakeString(ref tokens);
                    break;
                case Uri:
                    _uri = TakeString(ref tokens);
                    break;
                case Meta when tokens.Type == JsonTokenType.StartObject:
                    ReadMeta(ref tokens);
                    break;
                default:
                    tokens.Skip();
                    break;
            }
        }

        return first;
    }

    /// <summary>Finds what a method names.</summary>
    /// <param name="method">The method.</param>
    /// <param name="operation">The name or URI; null for a method that names nothing, and on a fault.</param>
    /// <returns>Null, or the rule that these parameters break for the method.</returns>
    internal readonly ReadFault? FindOperation(string method, out string? operation)
    {
        operation = null;
        return method switch
        {
            MethodNames.ToolsCall or MethodNames.PromptsGet => ReadText(_name, ReadFault.NameMissing, out operation),
            MethodNames.ResourcesRead => ReadText(_uri, ReadFault.UriMissing, out operation),
            _ => null,
        };
    }

    private static ReadFault? ReadText(ReadOnlyMemory<byte> json, ReadFault missing, out string? text)
    {
        const int Quotes = 2;
        text = null;
        if (json.IsEmpty)
        {
            return missing;
        }

        if (json.Length > McpReader.MaxOperationBytes + Quotes)
        {
            return ReadFault.OperationTooLong;
        }

        JsonTokens token = new(json);
        token.Read();
        if (!token.IsText)
        {
            return ReadFault.HalfCharacter;
        }

        string name = token.GetText();
        if (name.Contains('\0'))
        {
            return ReadFault.ZeroInOperation; // Where strings end at zero, it is another name.
        }

        text = name;
        return null;
    }

    private static ReadOnlyMemory<byte> TakeString(ref JsonTokens tokens)
    {
        if (tokens.Type == JsonTokenType.String)
        {
            return tokens.Scalar;
        }

        tokens.Skip();
        return default;
    }

    // The version decides the form of a rejection and nothing else, so of two the last one counts, as in the official
    // SDKs, and a text that is not a version is ignored.
    private void ReadMeta(ref JsonTokens tokens)
    {
        while (tokens.Read() && tokens.Type == JsonTokenType.PropertyName)
        {
            bool isVersion = tokens.IsText && tokens.TextEquals("io.modelcontextprotocol/protocolVersion"u8);
            tokens.Read();
            if (isVersion)
            {
                ProtocolVersion = tokens.Type == JsonTokenType.String ? McpVersions.Read(tokens) : null;
            }

            tokens.Skip();
        }
    }
}
