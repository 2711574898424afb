using ModelContextProtocol.Server;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
if (builder.Configuration["Redis"] is string redis)
{
    builder.Services.AddSluice().UseRedis(redis); // Every process that names the same Redis counts together.
}

builder.Services.AddMcpServer(options => options.ServerInfo = new() { Name = "weather", Version = "1.0.0" })
    .WithHttpTransport()
    .WithTools<WeatherTools>()
    .WithRateLimits(limits => limits
        .PerUser("100/1m")
        .Tool("forecast", tool => tool.PerUser("4/1h").Cost(2)));

WebApplication app = builder.Build();
app.MapMcp("/mcp");
await app.RunAsync();

[McpServerToolType]
internal sealed class WeatherTools
{
    [McpServerTool(Name = "forecast")]
    public static string Forecast(string city) => $"Sunny in {city}.";
}
