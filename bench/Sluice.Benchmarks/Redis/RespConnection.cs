using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Benchmarks;

/// <summary>One connection to a redis-server that keeps it busy: many commands in one write, then all of their answers.</summary>
internal sealed class RespConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly BufferedStream _stream;

    internal RespConnection(int port)
    {
        _client = new TcpClient("127.0.0.1", port) { NoDelay = true };
        _stream = new BufferedStream(_client.GetStream(), 65_536);
    }

    /// <summary>A command as it goes over the wire.</summary>
    internal static byte[] Encode(params object[] command)
    {
        using MemoryStream encoded = new();
        encoded.Write(Encoding.ASCII.GetBytes($"*{command.Length}\r\n"));
        foreach (object part in command)
        {
            byte[] bytes = part as byte[] ?? Encoding.UTF8.GetBytes(Convert.ToString(part, CultureInfo.InvariantCulture)!);
            encoded.Write(Encoding.ASCII.GetBytes($"${bytes.Length}\r\n"));
            encoded.Write(bytes);
            encoded.Write("\r\n"u8);
        }

        return encoded.ToArray();
    }

    /// <summary>Sends some commands and reads their answers.</summary>
    /// <param name="commands">The commands, encoded.</param>
    /// <param name="mustBegin">What each answer begins with: the byte of a number, or the first one of a text.</param>
    /// <exception cref="InvalidOperationException">An answer is another one, or an error.</exception>
    internal void Run(ReadOnlySpan<byte[]> commands, byte mustBegin)
    {
        foreach (byte[] command in commands)
        {
            _stream.Write(command);
        }

        _stream.Flush();
        for (int i = 0; i < commands.Length; i++)
        {
            byte first = ReadFirst();
            if (first != mustBegin)
            {
                throw new InvalidOperationException($"The benchmark measured an answer that begins with {first}, and means {mustBegin}.");
            }
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    private byte ReadFirst()
    {
        string line = ReadLine();
        switch (line[0])
        {
            case '-':
                throw new InvalidOperationException(line);
            case '$':
                byte[] text = new byte[int.Parse(line.AsSpan(1), CultureInfo.InvariantCulture) + 2];
                _stream.ReadExactly(text);
                return text[0];
            default:
                return (byte)line[1];
        }
    }

    private string ReadLine()
    {
        StringBuilder line = new();
        while (_stream.ReadByte() is int next && next != '\n')
        {
            if (next < 0)
            {
                throw new IOException("The server closed the connection.");
            }

            line.Append((char)next);
        }

        return line.ToString().TrimEnd('\r');
    }
}
