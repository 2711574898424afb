using System.Text.Json;

namespace Sluice.Mcp;

/// <summary>The tokens of one body, one after the other, at any depth.</summary>
/// <remarks>
/// The depth is counted here and not limited by the JSON reader, which would stop there: a client that writes its id last
/// still gets it back. Nothing here recurses; a level costs one bit.
/// </remarks>
internal ref struct JsonTokens
{
    private readonly ReadOnlyMemory<byte> _body;
    private Utf8JsonReader _reader;

    internal JsonTokens(ReadOnlyMemory<byte> body)
    {
        _body = body;
        _reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = int.MaxValue });
    }

    internal readonly JsonTokenType Type => _reader.TokenType;

    /// <summary>Whether more than <see cref="McpReader.MaxDepth"/> levels were seen.</summary>
    internal bool IsTooDeep { get; private set; }

    /// <summary>The bytes of a string or key, without quotes, as they were written.</summary>
    internal readonly ReadOnlySpan<byte> Raw => _reader.ValueSpan;

    /// <summary>The bytes of a string, quotes included, or of a number.</summary>
    internal readonly ReadOnlyMemory<byte> Scalar => _body[(int)_reader.TokenStartIndex..(int)_reader.BytesConsumed];

    /// <summary>Whether a string's escapes are all characters; half of a surrogate pair is not.</summary>
    internal readonly bool IsText => !_reader.ValueIsEscaped || Surrogates.AreWhole(_reader.ValueSpan);

    /// <summary>Reads the next token.</summary>
    /// <returns>False at the end of the body.</returns>
    /// <exception cref="JsonException">What follows is not JSON, or the body ends too early.</exception>
    internal bool Read()
    {
        bool read = _reader.Read();
        IsTooDeep |= _reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray
            && _reader.CurrentDepth >= McpReader.MaxDepth;
        return read;
    }

    /// <summary>Skips the value that begins at the current token.</summary>
    /// <exception cref="JsonException">The value is not JSON, or the body ends too early.</exception>
    internal void Skip()
    {
        int depth = _reader.CurrentDepth;
        if (Type is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            do
            {
                Read();
            }
            while (_reader.CurrentDepth > depth);
        }
    }

    /// <summary>Whether a string or key, unescaped, is a text; for a string that <see cref="IsText"/>.</summary>
    internal readonly bool TextEquals(ReadOnlySpan<byte> text) => _reader.ValueTextEquals(text);

    /// <summary>Unescapes a string or key that <see cref="IsText"/>.</summary>
    /// <param name="destination">As long as <see cref="Raw"/>, or longer.</param>
    /// <returns>How many bytes of it were written.</returns>
    internal readonly int CopyText(Span<byte> destination) => _reader.CopyString(destination);

    /// <summary>Unescapes a string or key that <see cref="IsText"/>.</summary>
    /// <param name="destination">As long as <see cref="Raw"/>, or longer.</param>
    /// <returns>How many characters of it were written.</returns>
    internal readonly int CopyText(Span<char> destination) => _reader.CopyString(destination);

    /// <summary>A string or key that <see cref="IsText"/>, unescaped.</summary>
    internal readonly string GetText() => _reader.GetString()!;
}
