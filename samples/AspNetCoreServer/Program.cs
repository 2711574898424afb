using ModelContextProtocol.Server;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddSluice(options => options.AddPolicy("weather", limits => limits
    .PerUser("100/1m")
    .Tool("forecast", tool => tool.PerUser("4/1h").Cost(2))));
builder.Services.AddMcpServer().WithHttpTransport().WithTools<WeatherTools>();

WebApplication app = builder.Build();
app.MapMcp("/mcp").RequireRateLimits("weather");
await app.RunAsync();

[McpServerToolType]
internal sealed class WeatherTools
{
    [McpServerTool(Name = "forecast")]
    public static string Forecast(string city) => $"Sunny in {city}.";
}
