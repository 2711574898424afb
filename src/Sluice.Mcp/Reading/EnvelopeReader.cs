using System.Text.Json;
using System.Text.Unicode;

namespace Sluice.Mcp;

/// <summary>Reads the envelope of one message; the first rule that is broken is kept, and reading continues, to find the id.</summary>
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
    private JsonTokens _tokens;
    private ReadFault? _fault;
    private int _idKeys;
    private ReadOnlyMemory<byte> _id;
    private bool _hasVersion;
    private bool _hasResult;
    private bool _hasError;
    private string? _method;
    private ParamsReader _params;

    internal EnvelopeReader(ReadOnlyMemory<byte> body)
    {
        _body = body;
        _tokens = new JsonTokens(body);
    }

    // With two keys that mean the id, it is not known for which one the sender waits.
    private readonly ReadOnlyMemory<byte> TheId => _idKeys == 1 ? _id : default;

    /// <summary>The message, or null and what is wrong.</summary>
    internal McpMessage? Read(out McpReadError? error)
    {
        // The JSON reader takes the bytes of a string as they are, so they are checked first; this is vectorised.
        ReadOnlySpan<byte> bytes = _body.Span;
        ReadFault? encoding = bytes.StartsWith("\uFEFF"u8) ? ReadFault.ByteOrderMark
            : Utf8.IsValid(bytes) ? null
            : ReadFault.NotUtf8;
        if (encoding is not null)
        {
            error = Answer(encoding, id: default);
            return null;
        }

        try
        {
            ReadValue();
        }
        catch (JsonException)
        {
            // A number at the very end may be the beginning of a longer one.
            bool isCut = !_id.IsEmpty && _body.Span.EndsWith(_id.Span) && _id.Span[^1] != (byte)'"';
            error = Answer(ReadFault.NotOneValue, isCut ? default : TheId);
            return null;
        }

        string? operation = null;
        ReadFault? fault = _tokens.IsTooDeep ? ReadFault.TooDeep
            : _fault ?? BrokenRule() ?? (_method is null ? null : _params.FindOperation(_method, out operation));
        error = fault is null ? null : Answer(fault, TheId);
        return fault is null ? Message(operation) : null;
    }

    private readonly McpMessage Message(string? operation) => new()
    {
        Kind = _method is null ? McpMessageKind.Response
            : _id.IsEmpty ? McpMessageKind.Notification
            : McpMessageKind.Request,
        Method = _method ?? "",
        Operation = operation,
        Id = _id,
        ProtocolVersion = _params.ProtocolVersion,
    };

    private static McpReadError Answer(ReadFault fault, ReadOnlyMemory<byte> id) => new(400, fault.Code, fault.Message, id);

    private void Break(ReadFault? fault) => _fault ??= fault;

    private void ReadValue()
    {
        _tokens.Read();
        if (_tokens.Type != JsonTokenType.StartObject)
        {
            Break(_tokens.Type == JsonTokenType.StartArray ? ReadFault.Batch : ReadFault.NotAnObject);
            _tokens.Skip();
        }
        else
        {
            ReadEnvelope();
        }

        _tokens.Read(); // Throws when anything but white space follows.
    }

    private void ReadEnvelope()
    {
        ObjectKeys keys = new(Keys);
        while (_tokens.Read() && _tokens.Type == JsonTokenType.PropertyName)
        {
            keys.Take(_tokens, out int key, out ReadFault? fault);
            Break(fault);
            _idKeys += key == Id ? 1 : 0;
            _tokens.Read();
            TakeValue(fault is null ? key : ProtocolKeys.None);
        }
    }

    private void TakeValue(int key)
    {
        switch (key)
        {
            case JsonRpc:
                _hasVersion = _tokens.Type == JsonTokenType.String && _tokens.IsText && _tokens.TextEquals("2.0"u8);
                break;
            case Id:
                TakeId();
                break;
            case Method:
                TakeMethod();
                break;
            case Params when _tokens.Type == JsonTokenType.StartObject:
                Break(_params.Read(ref _tokens));
                return;
            case Params:
                Break(ReadFault.ParamsKind);
                break;
            default:
                _hasResult |= key == Result;
                _hasError |= key == Error;
                break;
        }

        _tokens.Skip();
    }

    private void TakeId()
    {
        if (_tokens.Type is not (JsonTokenType.String or JsonTokenType.Number))
        {
            Break(ReadFault.IdKind);
        }
        else if (_tokens.Type == JsonTokenType.String && !_tokens.IsText)
        {
            Break(ReadFault.HalfCharacter);
        }
        else
        {
            _id = _tokens.Scalar;
        }
    }

    private void TakeMethod()
    {
        const int MaxRawLength = MethodNames.MaxLength * 6; // Every letter as \u0061.
        if (_tokens.Type != JsonTokenType.String || _tokens.Raw.Length > MaxRawLength || !_tokens.IsText)
        {
            Break(ReadFault.BadMethod);
            return;
        }

        Span<char> buffer = stackalloc char[MaxRawLength];
        ReadOnlySpan<char> method = buffer[.._tokens.CopyText(buffer)];
        if (!MethodNames.IsWellFormed(method))
        {
            Break(ReadFault.BadMethod);
            return;
        }

        string? known = MethodNames.FindKnown(method);
        if (known is not null && !method.SequenceEqual(known))
        {
            Break(ReadFault.MethodInDisguise);
        }

        _method = known ?? method.ToString();
    }

    private readonly ReadFault? BrokenRule() =>
        !_hasVersion ? ReadFault.Version
        : _method is null && !_hasResult && !_hasError ? ReadFault.Nothing
        : _method is not null && (_hasResult || _hasError) ? ReadFault.CallAndResponse
        : _hasResult && _hasError ? ReadFault.ResultAndError
        : _hasResult && _id.IsEmpty ? ReadFault.ResultWithoutId
        : _method is not null && !_id.IsEmpty && _method.StartsWith(MethodNames.NotificationPrefix, StringComparison.Ordinal)
            ? ReadFault.NotificationWithId
        : null;
}
