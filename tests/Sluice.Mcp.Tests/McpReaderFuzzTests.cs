using System.Text;
using System.Text.Json;

namespace Sluice.Mcp.Tests;

/// <summary>Whatever the reader accepts, parsers of three tempers read as the same call.</summary>
public sealed class McpReaderFuzzTests
{
    private const int Mutations = 100_000;

    private static readonly string[] Seeds =
    [
        """{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"search","arguments":{"q":"x","name":"y"}}}""",
        """{"jsonrpc":"2.0","id":"a\u0062","method":"prompts/get","params":{"name":"p","name2":"q","_meta":{"k":1}}}""",
        """{"jsonrpc":"2.0","method":"resources/read","params":{"uri":"file:///a\/b"}}""",
        """{"jsonrpc":"2.0","id":1,"result":{"method":"tools/call"}}""",
    ];

    private static readonly string[] Splices =
    [
        "\"method\":\"tools/call\",", "\"Method\":\"ping\",", "\"n\\u0061me\":\"z\",", "\"name\":\"z\",", "\"params\":{},",
        "\"id\":null,", "\"id\":2,", "\uFEFF", "\\ud800", "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "\u0000", " ", "\u017F",
    ];

    [Fact]
    public void TryRead_MutatedMessages_NeverThrowAndNeverMeanTwoThings()
    {
        int seed = Environment.GetEnvironmentVariable("SLUICE_SEED") is string given
            ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        Random random = new(seed);
        int accepted = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] body = Mutate(random);
            bool reads = McpReader.TryRead(body, out McpMessage? message, out McpReadError? error);
            (reads ? message as object : error).ShouldNotBeNull();
            if (reads)
            {
                accepted++;
                ShouldMeanTheSameToEveryParser(body, message!, $"SLUICE_SEED={seed}, mutation {i}: {Encoding.UTF8.GetString(body)}");
            }
        }

        accepted.ShouldBeGreaterThan(Mutations / 100, $"SLUICE_SEED={seed}");
    }

    private static byte[] Mutate(Random random)
    {
        StringBuilder text = new(Seeds[random.Next(Seeds.Length)]);
        for (int edits = random.Next(4); edits > 0; edits--)
        {
            int at = random.Next(text.Length + 1);
            switch (random.Next(4))
            {
                case 0:
                    text.Insert(at, Splices[random.Next(Splices.Length)]);
                    break;
                case 1 when at < text.Length:
                    text.Remove(at, Math.Min(random.Next(1, 8), text.Length - at));
                    break;
                case 2 when at < text.Length:
                    text[at] = char.IsAsciiLetter(text[at]) ? (char)(text[at] ^ 0x20) : (char)random.Next(1, 128);
                    break;
                default:
                    text.Append(text, at, Math.Min(random.Next(30), text.Length - at));
                    break;
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void ShouldMeanTheSameToEveryParser(byte[] body, McpMessage message, string context)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        foreach (Func<JsonElement, string, JsonElement?> find in new[] { First, Last, AnyCase })
        {
            JsonElement root = document.RootElement;
            string method = find(root, "method") is { ValueKind: JsonValueKind.String } found ? found.GetString()! : "";
            method.ShouldBe(message.Method, context);
            if (message.Operation is not null)
            {
                string key = message.Method == "resources/read" ? "uri" : "name";
                find(find(root, "params")!.Value, key)!.Value.GetString().ShouldBe(message.Operation, context);
            }

            (find(root, "id")?.GetRawText() ?? "").ShouldBe(Encoding.UTF8.GetString(message.Id.Span), context);
        }
    }

    private static JsonElement? First(JsonElement element, string name) =>
        element.EnumerateObject().Where(p => p.NameEquals(name)).Select(p => (JsonElement?)p.Value).FirstOrDefault();

    private static JsonElement? Last(JsonElement element, string name) =>
        element.EnumerateObject().Where(p => p.NameEquals(name)).Select(p => (JsonElement?)p.Value).LastOrDefault();

    private static JsonElement? AnyCase(JsonElement element, string name) =>
        element.EnumerateObject()
            .Where(p => p.Name.Replace('\u017F', 's').Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(p => (JsonElement?)p.Value)
            .LastOrDefault();
}
