using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Xunit.Abstractions;

namespace Sluice.Mcp.Tests;

/// <summary>Whatever comes, the reader answers; and what it accepts, every other parser reads as the same call.</summary>
public sealed class McpReaderFuzzTests(ITestOutputHelper output)
{
    private const int Bodies = 100_000;

    [Fact]
    public void TryRead_MutatedMessages_AreRefusedOrReadAlikeByEveryParser()
    {
        int seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        Mutations mutations = new(seed);
        int accepted = 0;
        for (int i = 0; i < Bodies; i++)
        {
            byte[] body = mutations.Next();
            string place = $"seed {seed}, body {i}: {Encoding.Latin1.GetString(body)}";
            if (TryRead(body, place, out McpMessage? message, out McpReadError? error))
            {
                accepted++;
                ShouldBeReadAlike(body, message!, place);
            }
            else
            {
                ShouldBeTheOnlyId(body, error!, place);
            }
        }

        output.WriteLine($"{accepted} of {Bodies} accepted");
        accepted.ShouldBeInRange(Bodies / 50, Bodies / 2); // Else the mutations test only one side.
    }

    private static bool TryRead(byte[] body, string place, out McpMessage? message, out McpReadError? error)
    {
        try
        {
            return McpReader.TryRead(body, out message, out error);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException(place, exception);
        }
    }

    private static void ShouldBeReadAlike(byte[] body, McpMessage message, string place)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        Reading expected = new(
            message.Kind == McpMessageKind.Response ? null : message.Method, message.Operation, Encoding.UTF8.GetString(message.Id.Span));
        foreach (StringComparison comparison in (StringComparison[])[StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase])
        {
            ReadingOf(document.RootElement, comparison, takeLast: false).ShouldBe(expected, place);
            ReadingOf(document.RootElement, comparison, takeLast: true).ShouldBe(expected, place);
        }
    }

    private static void ShouldBeTheOnlyId(byte[] body, McpReadError error, string place)
    {
        error.Status.ShouldBe(400, place);
        error.Code.ShouldBeOneOf(McpReadError.ParseError, McpReadError.InvalidRequest, McpReadError.InvalidParams);
        if (error.Id.IsEmpty || error.Code == McpReadError.ParseError)
        {
            return;
        }

        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement[] ids = [.. Values(document.RootElement, "id", StringComparison.OrdinalIgnoreCase)];
        ids.ShouldHaveSingleItem(place).GetRawText().ShouldBe(Encoding.UTF8.GetString(error.Id.Span), place);
    }

    private static Reading ReadingOf(JsonElement message, StringComparison comparison, bool takeLast)
    {
        string? method = Find(message, "method", comparison, takeLast)?.GetString();
        string? key = method switch
        {
            "tools/call" or "prompts/get" => "name",
            "resources/read" => "uri",
            _ => null,
        };
        string? operation = key is not null && Find(message, "params", comparison, takeLast) is JsonElement parameters
            ? Find(parameters, key, comparison, takeLast)?.GetString()
            : null;
        return new(method, operation, Find(message, "id", comparison, takeLast)?.GetRawText() ?? "");
    }

    private static JsonElement? Find(JsonElement element, string key, StringComparison comparison, bool takeLast)
    {
        JsonElement[] values = [.. Values(element, key, comparison)];
        return values.Length == 0 ? null : takeLast ? values[^1] : values[0];
    }

    private static IEnumerable<JsonElement> Values(JsonElement element, string key, StringComparison comparison) =>
        from property in element.EnumerateObject()
        where Surrogates.AreWhole(JsonMarshal.GetRawUtf8PropertyName(property)) // Else its name cannot be had.
        where property.Name.Equals(key, comparison)
        select property.Value;

    private sealed record Reading(string? Method, string? Operation, string Id);
}
