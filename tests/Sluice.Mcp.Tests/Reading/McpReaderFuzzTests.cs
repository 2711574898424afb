using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace Sluice.Mcp.Tests;

/// <summary>Whatever comes, the reader answers; and what it accepts, every other parser reads as the same call.</summary>
/// <remarks>
/// A failure prints its seed and the smallest mutation that still fails; <c>SLUICE_SEED</c> repeats the run. <c>SLUICE_FUZZ_SECONDS</c> makes it go on for so long, with a
/// line for every round added to the file that <c>SLUICE_PROGRESS</c> names; <c>eng/fuzz-reader.sh</c> does both.
/// </remarks>
public sealed class McpReaderFuzzTests(ITestOutputHelper output)
{
    private const int BodiesOfARound = 100_000;
    private const int RoundsOfAReport = 10;
    private static readonly long? GivenSeed = NumberIn(Seeds.Variable);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(NumberIn("SLUICE_FUZZ_SECONDS") ?? 0);

    [Fact]
    public void TryRead_MutatedMessages_AreRefusedOrReadAlikeByEveryParser()
    {
        int seed = (int)(GivenSeed ?? Random.Shared.Next());
        long begin = TimeProvider.System.GetTimestamp();
        long accepted = 0;
        long rounds = 0;
        TimeSpan elapsed;
        do
        {
            accepted += Play(unchecked(seed + (int)rounds++));
            elapsed = TimeProvider.System.GetElapsedTime(begin);
            if (rounds % RoundsOfAReport == 0)
            {
                Report();
            }
        }
        while (elapsed < Duration);
        Report();

        (accepted / rounds).ShouldBeInRange(BodiesOfARound / 50, BodiesOfARound / 2); // Else the mutations test only one side.

        void Report()
        {
            long bodies = rounds * BodiesOfARound;
            string line = $"{bodies:N0} bodies, {accepted:N0} of them accepted, none wrong, {bodies / elapsed.TotalSeconds:N0} a second, SLUICE_SEED={seed}";
            output.WriteLine(line);
            Progress.Report($"{elapsed:hh\\:mm\\:ss} {line}");
        }
    }

    /// <summary>Reads the bodies of one seed.</summary>
    /// <returns>How many were accepted.</returns>
    private static int Play(int seed)
    {
        int accepted = 0;
        try
        {
            Prop.ForAll(MutatedMessage.Any(), mutated => accepted += ShouldBeRefusedOrReadAlike(mutated.Body()) ? 1 : 0)
                .Check(Config.QuickThrowOnFailure.WithMaxTest(BodiesOfARound).WithReplay((uint)seed, gamma: 1).WithQuietOnSuccess(true));
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"{Seeds.Variable}={seed} repeats this: {failure.Message}", failure);
        }

        return accepted;
    }

    /// <returns>Whether it was accepted.</returns>
    private static bool ShouldBeRefusedOrReadAlike(byte[] body)
    {
        byte[] before = [.. body];
        bool isAccepted = McpReader.TryRead(body, out McpMessage? message, out McpReadError? error);
        if (isAccepted)
        {
            ShouldBeReadAlike(body, message!);
        }
        else
        {
            ShouldBeTheOnlyId(body, error!);
        }

        body.AsSpan().SequenceEqual(before).ShouldBeTrue("The bytes were changed.");
        return isAccepted;
    }

    private static long? NumberIn(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } number
            ? long.Parse(number, System.Globalization.CultureInfo.InvariantCulture)
            : null;

    private static void ShouldBeReadAlike(byte[] body, McpMessage message)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        Reading expected = new(
            message.Kind == McpMessageKind.Response ? null : message.Method, message.Operation, Encoding.UTF8.GetString(message.Id.Span));
        foreach (StringComparison comparison in (StringComparison[])[StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase])
        {
            ReadingOf(document.RootElement, comparison, takeLast: false).ShouldBe(expected);
            ReadingOf(document.RootElement, comparison, takeLast: true).ShouldBe(expected);
        }
    }

    private static void ShouldBeTheOnlyId(byte[] body, McpReadError error)
    {
        bool isKnown = error.Status == 400
            && error.Code is McpReadError.ParseError or McpReadError.InvalidRequest or McpReadError.InvalidParams;
        isKnown.ShouldBeTrue();
        if (error.Id.IsEmpty || error.Code == McpReadError.ParseError)
        {
            return;
        }

        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement[] ids = [.. Values(document.RootElement, "id", StringComparison.OrdinalIgnoreCase)];
        ids.ShouldHaveSingleItem().GetRawText().ShouldBe(Encoding.UTF8.GetString(error.Id.Span));
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
