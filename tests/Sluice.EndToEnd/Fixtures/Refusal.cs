namespace Sluice.EndToEnd.Fixtures;

/// <summary>What a caller must learn from a refusal, whatever the client that hands it over.</summary>
internal static class Refusal
{
    public const string ByToolLimit = "Rate limit exceeded: perUser limit on tool 'echo', retry in ";

    private const int Day = 86_400;

    /// <summary>Checks a JSON-RPC error against a limit of so many tokens a day that has none left.</summary>
    public static void ShouldBe(JsonNode? error, string limitType, string limit, int maxTokens)
    {
        error.ShouldNotBeNull();
        error["code"]!.GetValue<int>().ShouldBe(429);
        error["message"]!.GetValue<string>().ShouldStartWith("Rate limit exceeded: ");
        DataShouldBe(error["data"], limitType, limit, maxTokens);
    }

    /// <summary>Checks the <c>data</c> of such an error.</summary>
    public static void DataShouldBe(JsonNode? data, string limitType, string limit, int maxTokens)
    {
        data.ShouldNotBeNull();
        data["limitType"]!.GetValue<string>().ShouldBe(limitType);
        data["limit"]!.GetValue<string>().ShouldBe(limit);
        data["maxTokens"]!.GetValue<int>().ShouldBe(maxTokens);
        data["remaining"]!.GetValue<int>().ShouldBe(0);

        int seconds = data["retryAfterSeconds"]!.GetValue<int>();
        int milliseconds = data["retryAfterMs"]!.GetValue<int>();
        seconds.ShouldBeInRange(1, Day);
        seconds.ShouldBe((milliseconds + 999) / 1000, "retryAfterSeconds is retryAfterMs rounded up.");
    }
}
