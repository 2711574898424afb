using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Sluice.Gateway;

/// <summary>Splits the body of an answer into messages, each of bounded size.</summary>
/// <param name="onMessage">Takes a message, whose bytes are valid until it has ended.</param>
/// <param name="maxBytes">The largest message.</param>
/// <remarks>
/// <para>Source: WHATWG HTML, section 9.2.6, Interpreting an event stream. Events of another type than <c>message</c> are no
/// messages.</para>
/// <para>Thread safety: one writer.</para>
/// </remarks>
internal sealed class MessageSplitter(Func<ReadOnlyMemory<byte>, ValueTask> onMessage, int maxBytes)
{
    private ArrayBufferWriter<byte> _line = new();
    private ArrayBufferWriter<byte> _data = new();
    private bool _skipsLineFeed;
    private bool _isOfAnotherType;
    private bool _hasLines;

    /// <summary>The id of the last event that had one; empty for none.</summary>
    internal string LastEventId { get; private set; } = "";

    /// <summary>After which time the server wants its client to come back, in milliseconds; null where it does not say.</summary>
    internal int? Retry { get; private set; }

    /// <summary>Whether a message was larger than is taken.</summary>
    internal bool IsTooLarge { get; private set; }

    /// <summary>Adds a part of a body that is one message.</summary>
    /// <exception cref="InvalidDataException">It is too large.</exception>
    internal void Add(ReadOnlySpan<byte> part) => Append(_data, part);

    /// <summary>Takes the added bytes as one message; white space alone is not a message.</summary>
    internal async ValueTask EndAsync()
    {
        if (!_data.WrittenSpan.Trim(" \t\r\n"u8).IsEmpty)
        {
            await onMessage(_data.WrittenMemory);
        }

        _data = new ArrayBufferWriter<byte>();
    }

    /// <summary>Adds a part of a stream of events, and takes the messages that it completes.</summary>
    /// <exception cref="InvalidDataException">An event is too large.</exception>
    internal async ValueTask AddEventsAsync(ReadOnlyMemory<byte> part)
    {
        while (!part.IsEmpty)
        {
            if (_skipsLineFeed)
            {
                _skipsLineFeed = false;
                if (part.Span[0] == (byte)'\n')
                {
                    part = part[1..];
                    continue;
                }
            }

            int end = part.Span.IndexOfAny((byte)'\n', (byte)'\r');
            if (end < 0)
            {
                Append(_line, part.Span);
                return;
            }

            Append(_line, part.Span[..end]);
            _skipsLineFeed = part.Span[end] == (byte)'\r';
            part = part[(end + 1)..];
            if (_line.WrittenCount == 0)
            {
                await EndEventAsync();
            }
            else
            {
                EndLine();
            }
        }
    }

    private void EndLine()
    {
        ReadOnlySpan<byte> line = _line.WrittenSpan;
        if (!_hasLines && line.StartsWith("\uFEFF"u8))
        {
            line = line[3..];
        }

        _hasLines = true;
        int colon = line.IndexOf((byte)':');
        ReadOnlySpan<byte> field = colon < 0 ? line : line[..colon];
        ReadOnlySpan<byte> value = colon < 0 ? default : line[(colon + 1)..];
        value = value.StartsWith(" "u8) ? value[1..] : value;
        if (field.SequenceEqual("data"u8))
        {
            if (_data.WrittenCount > 0)
            {
                Append(_data, "\n"u8);
            }

            Append(_data, value);
        }
        else if (field.SequenceEqual("id"u8) && !value.Contains((byte)0))
        {
            LastEventId = Encoding.UTF8.GetString(value);
        }
        else if (field.SequenceEqual("retry"u8))
        {
            Retry = Utf8Parser.TryParse(value, out int milliseconds, out int length) && length == value.Length && milliseconds >= 0
                ? milliseconds
                : Retry;
        }
        else if (field.SequenceEqual("event"u8))
        {
            _isOfAnotherType = !value.IsEmpty && !value.SequenceEqual("message"u8);
        }

        Clear(ref _line);
    }

    private async ValueTask EndEventAsync()
    {
        bool isMessage = _data.WrittenCount > 0 && !_isOfAnotherType;
        _isOfAnotherType = false;
        if (isMessage)
        {
            await onMessage(_data.WrittenMemory);
        }

        Clear(ref _data);
    }

    private void Append(ArrayBufferWriter<byte> to, ReadOnlySpan<byte> part)
    {
        if (to.WrittenCount + (long)part.Length > maxBytes)
        {
            IsTooLarge = true;
            throw new InvalidDataException("The message is too large.");
        }

        to.Write(part);
    }

    // The buffer of a large message is released.
    private static void Clear(ref ArrayBufferWriter<byte> buffer)
    {
        const int Kept = 64 * 1024;
        if (buffer.Capacity > Kept)
        {
            buffer = new ArrayBufferWriter<byte>();
        }
        else
        {
            buffer.ResetWrittenCount();
        }
    }
}
