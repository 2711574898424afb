using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Mcp.Tests;

/// <summary>A body that is nearly a message: a message, with changes one after the other.</summary>
internal sealed record MutatedMessage(string Message, Mutation[] Changes)
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

    /// <summary>A message, or the beginning of one and the end of another, with one to four changes.</summary>
    internal static Arbitrary<MutatedMessage> Any() => Arb.From(
        from message in Gen.Elements(Messages)
        from splices in Gen.Frequency((1, Mutation.Splice(Messages).ArrayOf(1)), (15, Gen.Constant<Mutation[]>([])))
        from count in Gen.Choose(1, 4)
        from changes in Mutation.Any().ArrayOf(count)
        select new MutatedMessage(message, [.. splices, .. changes]),
        mutated => Shrinks.OfList(mutated.Changes, Mutation.Shrink).Select(changes => mutated with { Changes = changes }));

    internal byte[] Body()
    {
        List<byte> body = [.. Encoding.UTF8.GetBytes(Message)];
        foreach (Mutation change in Changes)
        {
            change.Apply(body);
        }

        return [.. body];
    }

    public override string ToString() => $"{string.Join(", ", Changes.AsEnumerable())}: {Encoding.Latin1.GetString(Body())}";
}
