namespace Sluice.Gateway;

/// <summary>Replaces parts of a message, and leaves every other byte as it is.</summary>
internal static class MessageEdit
{
    /// <summary>The message with parts replaced.</summary>
    /// <param name="message">The message.</param>
    /// <param name="edits">The parts, none within another; those that are null are left out.</param>
    internal static byte[] Apply(ReadOnlyMemory<byte> message, params (Range? Part, ReadOnlyMemory<byte> With)[] edits)
    {
        using MemoryStream edited = new(message.Length + 64);
        int at = 0;
        foreach ((Range? part, ReadOnlyMemory<byte> with) in edits
            .Where(edit => edit.Part is not null)
            .OrderBy(edit => edit.Part!.Value.Start.Value))
        {
            (int start, int length) = part!.Value.GetOffsetAndLength(message.Length);
            edited.Write(message.Span[at..start]);
            edited.Write(with.Span);
            at = start + length;
        }

        edited.Write(message.Span[at..]);
        return edited.ToArray();
    }

    /// <summary>The message on one line, as an event of a stream needs it.</summary>
    internal static ReadOnlyMemory<byte> OnOneLine(ReadOnlyMemory<byte> message)
    {
        if (!message.Span.ContainsAny((byte)'\r', (byte)'\n'))
        {
            return message;
        }

        byte[] line = message.ToArray();
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        return line;
    }
}
