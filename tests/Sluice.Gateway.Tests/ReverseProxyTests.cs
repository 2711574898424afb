using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Sluice.Gateway.Tests;

/// <summary>Each configuration of docs/reverse-proxy.md, run with the proxy that it is for.</summary>
public sealed partial class ReverseProxyTests
{
    private const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}""";
    private static readonly string Page =
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "reverse-proxy.md")).ReplaceLineEndings("\n");

    [Theory]
    [InlineData("nginx", "https://mcp.example.com", "/weather/mcp")]
    [InlineData("nginx, below a path", "https://example.com/tools", "/tools/weather/mcp")]
    [InlineData("YARP", "https://mcp.example.com", "/weather/mcp")]
    public async Task Configuration_OfThePage_ForwardsCallsAndOpensSilentStreamsAtOnce(string section, string publicUrl, string path)
    {
        await using FakeUpstream upstream = await FakeUpstream.StartAsync(async context =>
        {
            if (HttpMethods.IsPost(context.Request.Method))
            {
                await context.Response.WriteAsync("\"done\"");
                return;
            }

            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        string gatewaySection = section == "YARP" ? "nginx" : section;
        await using GatewayFixture gateway = await GatewayFixture.StartAsync(Block(gatewaySection, "yaml")
            .Replace("http://127.0.0.1:8080", "http://127.0.0.1:0", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:3001/mcp", upstream.Endpoint.ToString(), StringComparison.Ordinal));
        (IAsyncDisposable proxy, Uri address) = section == "YARP"
            ? await StartYarpAsync(Block(section, "json"), gateway.Address)
            : await Nginx.StartAsync(http: "", string.Concat(Blocks(section, "nginx"))
                .Replace("http://127.0.0.1:8080", $"http://{gateway.Address.Authority}", StringComparison.Ordinal));
        await using IAsyncDisposable running = proxy;
        using HttpClient client = new() { BaseAddress = address };
        client.DefaultRequestHeaders.Host = new Uri(publicUrl).Host;
        client.DefaultRequestHeaders.Accept.ParseAdd("application/json, text/event-stream");

        using HttpResponseMessage answer = await client.SendAsync(GatewayFixture.Post(Call, path));
        using HttpResponseMessage stream = await client.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead)
            .WaitAsync(Eventually.Patience);
        using StreamReader reader = new(await stream.Content.ReadAsStreamAsync());
        string? line = await reader.ReadLineAsync().WaitAsync(Eventually.Patience);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("\"done\"");
        stream.StatusCode.ShouldBe(HttpStatusCode.OK);
        line.ShouldBe(": keep-alive");
        IHeaderDictionary seen = upstream.Received.First().Headers;
        seen["X-Forwarded-For"].ToString().ShouldBe("127.0.0.1, 127.0.0.1");
        seen["X-Forwarded-Host"].ToString().ShouldStartWith(new Uri(publicUrl).Host);
        seen["X-Forwarded-Prefix"].ToString().ShouldBe(section.EndsWith("path", StringComparison.Ordinal) ? "/tools" : "");
    }

    private static string Block(string section, string language) => Blocks(section, language)[0];

    private static string[] Blocks(string section, string language)
    {
        string text = Page.Split("\n## ").Single(part => part.StartsWith(section + "\n", StringComparison.Ordinal));
        return [.. CodeBlock().Matches(text).Where(match => match.Groups[1].Value == language).Select(match => match.Groups[2].Value)];
    }

    private static async Task<(IAsyncDisposable Proxy, Uri Address)> StartYarpAsync(string settings, Uri gateway)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        using MemoryStream json = new(Encoding.UTF8.GetBytes(
            settings.Replace("http://127.0.0.1:8080/", gateway.ToString(), StringComparison.Ordinal)));
        builder.Configuration.AddJsonStream(json);
        builder.Services.AddRouting().AddReverseProxy().LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"));
        WebApplication application = builder.Build();
        application.MapReverseProxy();
        await application.StartAsync();
        return (application, new Uri(application.Urls.First()));
    }

    [GeneratedRegex("^```(\\w+)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
