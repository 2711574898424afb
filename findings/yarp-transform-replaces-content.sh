#!/usr/bin/env bash
# What YARP's forwarder does when a transform gives the request another content.
#
# Versions: Yarp.ReverseProxy 2.3.0, .NET SDK 10.
# Expected: HttpTransformer.TransformRequestAsync may set proxyRequest.Content, as it may set the address and the headers: the
#           method is given the whole HttpRequestMessage.
# Seen:     no request reaches the server and the client gets an empty 502, while the same transform without the new content
#           works. The way out is to replace HttpContext.Request.Body before the forwarder is called.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd -- "$folder"
export DOTNET_CLI_TELEMETRY_OPTOUT=1

cat >probe.csproj <<'XML'
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Yarp.ReverseProxy" Version="2.3.0" />
  </ItemGroup>
</Project>
XML
cat >Program.cs <<'CS'
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Yarp.ReverseProxy.Forwarder;

int reached = 0;
await using WebApplication server = await StartAsync(builder => { }, async context =>
{
    Interlocked.Increment(ref reached);
    using StreamReader reader = new(context.Request.Body);
    await context.Response.WriteAsync("got " + await reader.ReadToEndAsync());
});
await using WebApplication proxy = await StartAsync(builder => builder.Services.AddHttpForwarder(), async context =>
{
    HttpTransformer transformer = context.Request.Path == "/replace" ? new Replacing() : HttpTransformer.Default;
    using HttpMessageInvoker invoker = new(new SocketsHttpHandler());
    try
    {
        await context.RequestServices.GetRequiredService<IHttpForwarder>().SendAsync(
            context, AddressOf(server), invoker, ForwarderRequestConfig.Empty, transformer);
    }
    catch (Exception exception) when (!context.Response.HasStarted)
    {
        context.Response.StatusCode = 500;
        await context.Response.WriteAsync($"{exception.GetType().Name}: {exception.Message}");
    }
});

using HttpClient client = new();
bool asStated = true;
foreach ((string path, bool passes) in new[] { ("/keep", true), ("/replace", false) })
{
    int before = reached;
    using HttpResponseMessage response = await client.PostAsync(AddressOf(proxy) + path, new StringContent("one"));
    Console.WriteLine($"{path}: {(int)response.StatusCode}, reached the server: {reached - before}, {await response.Content.ReadAsStringAsync()}");
    asStated &= passes == (reached - before == 1) && passes == response.IsSuccessStatusCode;
}

return asStated ? 0 : 1;

static string AddressOf(WebApplication app) =>
    app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

static async Task<WebApplication> StartAsync(Action<WebApplicationBuilder> configure, RequestDelegate handle)
{
    WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
    builder.Logging.ClearProviders();
    builder.WebHost.UseUrls("http://127.0.0.1:0");
    configure(builder);
    WebApplication app = builder.Build();
    app.Run(handle);
    await app.StartAsync();
    return app;
}

internal sealed class Replacing : HttpTransformer
{
    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.Content = new ByteArrayContent(Encoding.UTF8.GetBytes("two"));
    }
}
CS
dotnet run --configuration Release && echo "as stated"
