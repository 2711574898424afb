using System.Text;

namespace Sluice.Mcp.Tests;

/// <summary>Makes bodies that are nearly messages, from a seed.</summary>
internal sealed class Mutations(int seed)
{
    private static readonly string[] Messages =
    [
        """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search","arguments":{"name":"x","q":[1,{"id":2}]}}}""",
        """{"method":"tools/call","params":{"name":"s\u00e9arch","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}},"jsonrpc":"2.0","id":"a\"b"}""",
        """ { "jsonrpc" : "2.0" , "id" : -1.5e3 , "method" : "resources/read" , "params" : { "uri" : "file:///a%20b" } } """,
        """{"jsonrpc":"2.0","id":"😀","method":"prompts/get","params":{"name":"greet","arguments":{"who":"\ud83d\ude00"}}}""",
        """{"jsonrpc":"2.0","method":"tools/call","params":{"name":"search"}}""",
        """{"jsonrpc":"2.0","method":"notifications/initialized"}""",
        """{"jsonrpc":"2.0","id":0,"method":"tools/list","params":{"cursor":"c"}}""",
        """{"jsonrpc":"2.0","id":9,"result":{"content":[]}}""",
        """{"jsonrpc":"2.0","id":9,"error":{"code":-1,"message":"m"}}""",
        """{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}""",
        """{"id":1,"jsonrpc":"2.0","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}},"method":"initialize"}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"reason":"no"}}""",
        """[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}},{"jsonrpc":"2.0","id":2,"method":"ping"}]""",
    ];

    // What tells parsers apart, in the places where it does.
    private static readonly string[] Fragments =
    [
        "\"method\":\"tools/call\",", "\"Method\":\"tools/call\",", "\"meth\\u006fd\":\"ping\",", "\"method\\u0000\":\"ping\",",
        "\"name\":\"other\",", "\"NAME\":\"other\",", "\"n\\u0061me\":\"other\",", "\"uri\":\"u:\",", "\"Uri\":\"u:\",",
        "\"id\":8,", "\"ID\":8,", "\"\\u0069d\":8,", "\"id\":null,", "\"params\":{},", "\"Params\":{},", "\"param\u017F\":{},",
        "\"x\":1,", "\"X\":{},", "\"\\ud800\":1,", "\\u0000", "\\ud800", "\\u0041", "\u00E9", "\"", "\\", "{", "}", "[", "]", ",", ":",
        " ", "null", "\"result\":1,", "\"jsonrpc\":\"2.0\",", "[[[[[[[[", "{\"a\":", "//", "\uFEFF", "\0",
    ];

    private readonly Random _random = new(seed);

    /// <summary>The next body: a message, or the beginning of one and the end of another, with one to four changes.</summary>
    internal byte[] Next()
    {
        List<byte> body = [.. Encoding.UTF8.GetBytes(Pick(Messages))];
        if (_random.Next(16) == 0)
        {
            byte[] other = Encoding.UTF8.GetBytes(Pick(Messages));
            int from = _random.Next(body.Count);
            body.RemoveRange(from, body.Count - from);
            body.AddRange(other[_random.Next(other.Length)..]);
        }

        for (int changes = _random.Next(1, 5); changes > 0; changes--)
        {
            Change(body);
        }

        return [.. body];
    }

    private void Change(List<byte> body)
    {
        if (body.Count == 0)
        {
            return;
        }

        int at = _random.Next(body.Count);
        switch (_random.Next(8))
        {
            case 0:
                body[at] = (byte)_random.Next(256);
                break;
            case 1:
                body[at] ^= 0x20; // The other case, of a letter.
                break;
            case 2:
                body.RemoveRange(at, Math.Min(_random.Next(1, 12), body.Count - at));
                break;
            case 3:
                body.InsertRange(at, body.GetRange(at, Math.Min(_random.Next(1, 40), body.Count - at)));
                break;
            case 4:
                body.InsertRange(at, Encoding.UTF8.GetBytes(Pick(Fragments)));
                break;
            default:
                InsertAtKey(body, Encoding.UTF8.GetBytes(Pick(Fragments)));
                break;
        }
    }

    /// <summary>Inserts where a key may begin: most of these bodies are still JSON.</summary>
    private void InsertAtKey(List<byte> body, byte[] fragment)
    {
        int[] places =
        [
            .. from i in Enumerable.Range(1, body.Count - 1)
               where body[i] == (byte)'"' && body[i - 1] is (byte)'{' or (byte)','
               select i,
        ];
        if (places.Length > 0)
        {
            body.InsertRange(places[_random.Next(places.Length)], fragment);
        }
    }

    private string Pick(string[] texts) => texts[_random.Next(texts.Length)];
}
