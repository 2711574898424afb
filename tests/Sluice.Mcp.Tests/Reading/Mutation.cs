using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Sluice.Mcp.Tests;

/// <summary>One change of a body.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="At">Where, modulo the body's length; for <see cref="MutationKind.InsertAtKey"/>, modulo the number of keys.</param>
/// <param name="Number">How many bytes it removes or copies, the byte that it writes, or where in the other message it begins.</param>
/// <param name="Text">What it inserts; for <see cref="MutationKind.Splice"/>, the other message.</param>
internal sealed record Mutation(MutationKind Kind, int At, int Number, string Text)
{
    private const int Longest = 1 << 20; // Many times the length of any body, so that every place in it is as likely.

    /// <summary>What parsers read in different ways.</summary>
    private static readonly string[] Fragments =
    [
        "\"method\":\"tools/call\",", "\"Method\":\"tools/call\",", "\"meth\\u006fd\":\"ping\",", "\"method\\u0000\":\"ping\",",
        "\"name\":\"other\",", "\"NAME\":\"other\",", "\"n\\u0061me\":\"other\",", "\"uri\":\"u:\",", "\"Uri\":\"u:\",",
        "\"id\":8,", "\"ID\":8,", "\"\\u0069d\":8,", "\"id\":null,", "\"params\":{},", "\"Params\":{},", "\"param\u017F\":{},",
        "\"x\":1,", "\"X\":{},", "\"\\ud800\":1,", "\\u0000", "\\ud800", "\\u0041", "\u00E9", "\"", "\\", "{", "}", "[", "]", ",", ":",
        " ", "null", "\"result\":1,", "\"jsonrpc\":\"2.0\",", "[[[[[[[[", "{\"a\":", "//", "\uFEFF", "\0",
    ];

    /// <summary>Three in eight insert where a key may begin: most of those bodies are still JSON.</summary>
    internal static Gen<Mutation> Any() => Gen.Frequency(
        (1, Of(MutationKind.Write, 0, byte.MaxValue)),
        (1, Of(MutationKind.ChangeCase)),
        (1, Of(MutationKind.Remove, 1, 11)),
        (1, Of(MutationKind.Copy, 1, 39)),
        (1, Of(MutationKind.Insert, texts: Fragments)),
        (3, Of(MutationKind.InsertAtKey, texts: Fragments)));

    /// <summary>Keeps the beginning of the body, and appends the end of another message.</summary>
    internal static Gen<Mutation> Splice(string[] messages) => Of(MutationKind.Splice, 0, messages.Min(message => message.Length), messages);

    /// <summary>Changes of fewer bytes, nearer to the beginning.</summary>
    internal static IEnumerable<Mutation> Shrink(Mutation change) =>
        Shrinks.OfNumber(change.Number, change.Kind is MutationKind.Remove or MutationKind.Copy ? 1 : 0)
            .Select(number => change with { Number = (int)number })
            .Concat(Shrinks.OfNumber(change.At).Select(at => change with { At = (int)at }));

    internal void Apply(List<byte> body)
    {
        if (body.Count == 0)
        {
            return;
        }

        int at = At % body.Count;
        int count = Math.Min(Number, body.Count - at);
        switch (Kind)
        {
            case MutationKind.Write:
                body[at] = (byte)Number;
                break;
            case MutationKind.ChangeCase:
                body[at] ^= 0x20; // The other case of a letter.
                break;
            case MutationKind.Remove:
                body.RemoveRange(at, count);
                break;
            case MutationKind.Copy:
                body.InsertRange(at, body.GetRange(at, count));
                break;
            case MutationKind.Insert:
                body.InsertRange(at, Encoding.UTF8.GetBytes(Text));
                break;
            case MutationKind.InsertAtKey:
                InsertAtKey(body);
                break;
            case MutationKind.Splice:
                body.RemoveRange(at, body.Count - at);
                body.AddRange(Encoding.UTF8.GetBytes(Text)[Number..]);
                break;
            default:
                throw new InvalidOperationException($"{Kind} is not a kind of mutation.");
        }
    }

    private static Gen<Mutation> Of(MutationKind kind, int least = 0, int most = 0, string[]? texts = null) =>
        from at in Gen.Choose(0, Longest)
        from number in Gen.Choose(least, most)
        from text in Gen.Elements(texts ?? [""])
        select new Mutation(kind, at, number, text);

    private void InsertAtKey(List<byte> body)
    {
        int[] places =
        [
            .. from i in Enumerable.Range(1, body.Count - 1)
               where body[i] == (byte)'"' && body[i - 1] is (byte)'{' or (byte)','
               select i,
        ];
        if (places.Length > 0)
        {
            body.InsertRange(places[At % places.Length], Encoding.UTF8.GetBytes(Text));
        }
    }
}
