using System.Text.Json;
using System.Text.Unicode;

namespace Sluice.Mcp.Reading;

/// <summary>Reads the envelope of one message; a broken rule is remembered, and reading goes on to find the id.</summary>
internal ref struct EnvelopeReader
{
    private const int JsonRpc = 0;
    private const int Id = 1;
    private const int Method = 2;
    private const int Params = 3;
    private const int Result = 4;
    private const int Error = 5;
    private static readonly ProtocolKeys Keys = new("jsonrpc", "id", "method", "params", "result", "error");

    private readonly ReadOnlyMemory<byte> _body;
    private ReadOnlyMemory<byte> _id;
    private string? _broken;
    private bool _hasId;
    private bool _hasVersion;
    private bool _hasResult;
    private bool _hasError;
    private string? _method;
    private ParamsReader _params;

    internal EnvelopeReader(ReadOnlyMemory<byte> body) => _body = body;

    /// <summary>Null, or what is wrong with the bytes before any of them is parsed.</summary>
    internal readonly McpReadError? CheckBytes()
    {
        ReadOnlySpan<byte> bytes = _body.Span;
        return bytes.StartsWith("\uFEFF"u8) ? NotJson("The body begins with a byte order mark.")
            : Utf8.IsValid(bytes) ? null
            : NotJson("The body is not UTF-8.");
    }

    internal readonly McpReadError NotJson(string rule) => new(400, McpReadError.ParseError, rule, _id);

    /// <summary>The message, or null and what is wrong.</summary>
    /// <exception cref="JsonException">The bytes are not one JSON value.</exception>
    internal McpMessage? Read(out McpReadError? error)
    {
        Utf8JsonReader reader = new(_body.Span, new JsonReaderOptions { MaxDepth = McpReader.MaxDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            error = Invalid(reader.TokenType == JsonTokenType.StartArray
                ? "Batches are not accepted. Send one message per request."
                : "The body is not a JSON object.");
            return null;
        }

        ObjectKeys keys = new(Keys);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Break(keys.Take(ref reader, out int key));
            reader.Read();
            TakeValue(ref reader, key);
        }

        reader.Read(); // Throws when anything but white space follows.
        Break(BrokenRule());
        if (_broken is not null)
        {
            error = Invalid(_broken);
            return null;
        }

        error = _method is null ? null : _params.Check(_method, _id);
        return error is null ? Message() : null;
    }

    private readonly McpMessage Message() => new()
    {
        Kind = _method is null ? McpMessageKind.Response
            : _id.IsEmpty ? McpMessageKind.Notification
            : McpMessageKind.Request,
        Method = _method ?? "",
        Operation = _method is null ? null : _params.OperationOf(_method),
        Id = _id,
        ProtocolVersion = _params.ProtocolVersion,
    };

    private readonly McpReadError Invalid(string rule) => new(400, McpReadError.InvalidRequest, rule, _id);

    private void Break(string? rule) => _broken ??= rule;

    private void TakeValue(ref Utf8JsonReader reader, int key)
    {
        switch (key)
        {
            case JsonRpc:
                _hasVersion = reader.TokenType == JsonTokenType.String && reader.ValueSpan.SequenceEqual("2.0"u8);
                break;
            case Id:
                TakeId(ref reader);
                break;
            case Method:
                TakeMethod(ref reader);
                break;
            case Params when reader.TokenType == JsonTokenType.StartObject:
                Break(_params.Read(ref reader));
                break;
            case Params:
                Break("'params' must be an object.");
                reader.Skip();
                break;
            default:
                _hasResult |= key == Result;
                _hasError |= key == Error;
                reader.Skip();
                break;
        }
    }

    private void TakeId(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            Break("'id' must be a string or a number.");
            reader.Skip();
            return;
        }

        // Of two ids nobody can say which one the sender waits for, so neither is echoed.
        _id = _hasId ? default : _body[(int)reader.TokenStartIndex..(int)reader.BytesConsumed];
        _hasId = true;
    }

    private void TakeMethod(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String
            || !ObjectKeys.TryGetString(ref reader, out string? method)
            || !MethodNames.IsWellFormed(method!))
        {
            Break($"'method' must be a string of 1 to {MethodNames.MaxLength} letters, digits and _ $ . / -");
            reader.Skip();
            return;
        }

        _method = MethodNames.Shared(method!);
        Break(MethodNames.IsMeteredInDisguise(_method) ? "'method' differs from one of the protocol's only by case." : null);
    }

    private readonly string? BrokenRule() =>
        !_hasVersion ? "'jsonrpc' must be \"2.0\"."
        : _method is not null && (_hasResult || _hasError) ? "A message has 'method', or 'result' or 'error', not both."
        : _hasResult && _hasError ? "A response has 'result' or 'error', not both."
        : _method is null && !_hasResult && !_hasError ? "A message needs 'method', 'result' or 'error'."
        : _method is null && _id.IsEmpty ? "A response needs an 'id'."
        : null;
}
