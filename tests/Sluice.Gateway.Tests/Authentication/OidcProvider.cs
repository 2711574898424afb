using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Sluice.Gateway.Tests;

/// <summary>An OpenID Connect provider on loopback: discovery and keys, which a test rotates, breaks or takes away.</summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    internal const string Audience = "https://mcp.example.com";
    internal const string Discovery = "/.well-known/openid-configuration";
    internal const string Keys = "/keys";
    private readonly WebApplication _application;

    private OidcProvider(WebApplication application) => _application = application;

    internal string Issuer => _application.Urls.First();

    /// <summary>What signs its tokens.</summary>
    internal TestKey Key { get; private set; } = TestKey.Usual;

    /// <summary>The keys that it publishes.</summary>
    internal List<JsonObject> Published { get; set; } = [];

    /// <summary>Whether it answers nothing but 503.</summary>
    internal bool IsAway { get; set; }

    /// <summary>Answers in place of its own, by path.</summary>
    internal ConcurrentDictionary<string, RequestDelegate> Instead { get; } = new();

    /// <summary>The paths that were asked for.</summary>
    internal ConcurrentQueue<string> Asked { get; } = [];

    internal static Task<OidcProvider> StartAsync() => StartAsync(TestKey.Usual);

    internal static async Task<OidcProvider> StartAsync(TestKey key)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        WebApplication application = builder.Build();
        OidcProvider provider = new(application);
        provider.Key = key;
        provider.Published = [key.PublicJson()];
        application.Run(provider.AnswerAsync);
        await application.StartAsync();
        return provider;
    }

    /// <summary>Begins to sign by another key, and publishes that one alone.</summary>
    internal void Rotate(string id)
    {
        Key = new TestKey(id, "ES256");
        Published = [Key.PublicJson()];
    }

    /// <summary>The claims of a token that is right.</summary>
    internal JsonObject Claims(string user = "alice") => new()
    {
        ["iss"] = Issuer,
        ["aud"] = Audience,
        ["sub"] = user,
        ["exp"] = Seconds(TimeSpan.FromHours(12)),
        ["nbf"] = Seconds(TimeSpan.Zero),
    };

    internal string Token(string user = "alice") => Key.Sign(Claims(user));

    /// <summary>A time as a claim writes it, from the start of the test's clock.</summary>
    internal static long Seconds(TimeSpan after) => (MovableClock.Start + after).ToUnixTimeSeconds();

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        Asked.Enqueue(path);
        if (IsAway)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        }

        if (Instead.TryGetValue(path, out RequestDelegate? instead))
        {
            return instead(context);
        }

        if (path == Discovery)
        {
            return WriteAsync(context, new JsonObject { ["issuer"] = Issuer, ["jwks_uri"] = Issuer + Keys });
        }

        if (path == Keys)
        {
            return WriteAsync(context, new JsonObject { ["keys"] = new JsonArray([.. Published.Select(key => key.DeepClone())]) });
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    internal static Task WriteAsync(HttpContext context, JsonObject json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToJsonString());
    }
}
