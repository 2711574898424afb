using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Sluice.Kubernetes;

/// <summary>Reads a stream line by line.</summary>
internal static class EventLines
{
    /// <summary>The longest line: etcd takes no object above 1.5 MiB, and an event holds one.</summary>
    internal const int MaxLength = 4 * 1024 * 1024;

    /// <summary>The lines that are not empty, each valid until the next one is asked for.</summary>
    /// <exception cref="FormatException">A line is longer than <see cref="MaxLength"/>.</exception>
    internal static async IAsyncEnumerable<ReadOnlySequence<byte>> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PipeReader reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync(cancellationToken);
                ReadOnlySequence<byte> buffer = result.Buffer;
                while (buffer.PositionOf((byte)'\n') is SequencePosition end)
                {
                    if (!buffer.Slice(0, end).IsEmpty)
                    {
                        yield return buffer.Slice(0, end);
                    }

                    buffer = buffer.Slice(buffer.GetPosition(1, end));
                }

                if (buffer.Length > MaxLength)
                {
                    throw new FormatException($"The API server sent a line of more than {MaxLength} bytes.");
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    yield break; // What is left of a line was cut.
                }
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }
}
