using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Benchmarks;

/// <summary>A document of 100 servers with 100 tools each, and changes of it that allocate nothing here.</summary>
internal sealed class LargeDocument
{
    /// <summary>How many servers have limits.</summary>
    internal const int Servers = 100;

    /// <summary>How many limits each of them has.</summary>
    internal const int Tools = 100;

    private const int Digits = 9;
    private const int FirstRate = 900_000_000;
    private readonly byte[] _text;
    private readonly List<int> _rates = [];
    private readonly int _added;

    /// <param name="server">Where every server is.</param>
    internal LargeDocument(Uri server)
    {
        StringBuilder text = new(
            $"listen: http://127.0.0.1:0\nauth: {{ apiKeys: [ {{ user: bench, sha256: {Hash(Contenders.Key)} }} ] }}\nservers:\n  - {{ name: added-");
        _added = text.Length;
        text.Append(CultureInfo.InvariantCulture, $"{0:000000000}, upstream: \"{server}\" }}\n");
        for (int i = 0; i < Servers; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  - name: s{i}\n    upstream: \"{server}\"\n    rateLimiting:\n      tools:\n");
            for (int tool = 0; tool < Tools; tool++)
            {
                text.Append(CultureInfo.InvariantCulture, $"        - {{ name: {(tool == 0 ? "call" : $"t{tool}")}, perUser: ");
                _rates.Add(text.Length);
                text.Append(CultureInfo.InvariantCulture, $"{FirstRate}/1s }}\n");
            }
        }

        _text = Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Its bytes now.</summary>
    internal ReadOnlyMemory<byte> Text => _text;

    /// <summary>Changes the limits, and puts a server of another name in the place of the one that marks a version.</summary>
    /// <param name="number">The number of the version.</param>
    /// <param name="isWhole">Whether each limit changes; otherwise one does.</param>
    /// <returns>The path of the server that this version has and no other.</returns>
    internal string Change(int number, bool isWhole)
    {
        Write(_added, number);
        if (isWhole)
        {
            _rates.ForEach(rate => Write(rate, FirstRate + number));
        }
        else
        {
            Write(_rates[number % _rates.Count], FirstRate + number);
        }

        return string.Create(CultureInfo.InvariantCulture, $"/added-{number:000000000}/mcp");
    }

    private void Write(int at, int number) =>
        Require.That(Utf8Formatter.TryFormat(number, _text.AsSpan(at, Digits), out _, new('D', Digits)), "A number has too many digits.");

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
