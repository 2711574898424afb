using ModelContextProtocol.Server;

namespace Sluice.ModelContextProtocol.Tests;

[McpServerToolType]
internal sealed class AttributedTools
{
    [McpServerTool(Name = "limited")]
    [RateLimit("2/1d", Scope = RateLimitScope.PerUser)]
    [RateLimit("100/1d")]
    public static string Limited() => "limited";

    [McpServerTool(Name = "listed")]
    [RateLimit("1/1h", Scope = RateLimitScope.PerUser)]
    [RateLimit("2/1d", Scope = RateLimitScope.PerUser)]
    public static string Listed() => "listed";

    [McpServerTool(Name = "monthly")]
    [RateLimit(1, CalendarUnit.Month, TimeZone = "Asia/Tokyo", Scope = RateLimitScope.PerUser)]
    [RateLimit(9, CalendarUnit.Week, WeekStart = DayOfWeek.Sunday, Scope = RateLimitScope.PerUser)]
    public static string Monthly() => "monthly";

    [McpServerTool(Name = "dear")]
    [RateLimit("10/1d")]
    [RateLimitCost(5)]
    public static string Dear() => "dear";
}

[McpServerToolType]
internal sealed class WronglyAttributedTools
{
    [McpServerTool(Name = "wrong")]
    [RateLimit("10/fortnite")]
    [RateLimit("0/1m", Scope = RateLimitScope.PerUser)]
    [RateLimit(1, CalendarUnit.Month, TimeZone = "Asia/Tokio", WeekStart = DayOfWeek.Sunday)]
    public static string Wrong() => "wrong";
}

[McpServerPromptType]
internal sealed class AttributedPrompts
{
    [McpServerPrompt(Name = "greeting")]
    [RateLimit("1/1d")]
    public static string Greeting() => "hello";
}

[McpServerResourceType]
internal sealed class AttributedResources
{
    [McpServerResource(UriTemplate = "notes://{id}")]
    [RateLimit("1/1d")]
    public static string Note(string id) => $"note {id}";
}
