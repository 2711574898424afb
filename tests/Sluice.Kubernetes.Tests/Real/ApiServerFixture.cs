using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Sluice.Kubernetes.Tests.Real;

/// <summary>A real API server with our definitions; or none, where it has not been built.</summary>
public sealed class ApiServerFixture : IAsyncLifetime
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private ApiServerProgram? _program;
    private string _why = "";

    /// <summary>The server. The test is skipped where there is none.</summary>
    internal ApiServerProgram Program
    {
        get
        {
            Skip.If(_program is null, _why);
            return _program!;
        }
    }

    public async Task InitializeAsync()
    {
        if (ApiServerProgram.Find(out _why) is not string programs)
        {
            return;
        }

        _program = await ApiServerProgram.StartAsync(programs);
        await CreateAsync(Definitions, Leases(), HttpStatusCode.Created);
        foreach (CustomResource resource in CustomResource.All)
        {
            await CreateAsync(Definitions, resource.Definition(), HttpStatusCode.Created);
        }

        await _program.UntilAsync(() => IsServedAsync("coordination.k8s.io/v1/leases"), "ready to serve leases");

        foreach (CustomResource resource in CustomResource.All)
        {
            await _program.UntilAsync(() => IsServedAsync($"sluice.dev/v1alpha1/{resource.Plural}"), $"ready to serve {resource.Plural}");
        }
    }

    public async Task DisposeAsync()
    {
        if (_program is not null)
        {
            await _program.DisposeAsync();
        }
    }

    /// <summary>Sends an object, and checks the answer.</summary>
    internal async Task<JsonObject> CreateAsync(string path, JsonNode body, HttpStatusCode expected)
    {
        (HttpStatusCode status, JsonObject answer) = await SendAsync(HttpMethod.Post, path, body);
        status.ShouldBe(expected, answer.ToJsonString());
        return answer;
    }

    /// <summary>Sends an object.</summary>
    internal async Task<(HttpStatusCode Status, JsonObject Answer)> SendAsync(HttpMethod method, string path, JsonNode? body)
    {
        using HttpRequestMessage request = new(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
        }

        using HttpResponseMessage response = await Program.Client.SendAsync(request);
        return (response.StatusCode, (JsonObject)JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    // The server has custom resources alone, so leases are one here; their path is the real one.
    private static JsonObject Leases() => (JsonObject)JsonNode.Parse(
        """
        {
          "apiVersion": "apiextensions.k8s.io/v1",
          "kind": "CustomResourceDefinition",
          "metadata": { "name": "leases.coordination.k8s.io", "annotations": { "api-approved.kubernetes.io": "unapproved, test only" } },
          "spec": {
            "group": "coordination.k8s.io",
            "scope": "Namespaced",
            "names": { "kind": "Lease", "listKind": "LeaseList", "plural": "leases", "singular": "lease" },
            "versions": [ {
              "name": "v1",
              "served": true,
              "storage": true,
              "schema": { "openAPIV3Schema": { "type": "object", "properties": { "spec": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } } } }
            } ]
          }
        }
        """)!;

    // It answers 404 for a moment after the definition was created, and 429 until its cache is filled.
    internal async Task<bool> IsServedAsync(string path)
    {
        using HttpResponseMessage response = await Program.Client.GetAsync(new Uri($"/apis/{path}", UriKind.Relative));
        return response.StatusCode == HttpStatusCode.OK;
    }
}

/// <summary>The tests that share one real API server.</summary>
[CollectionDefinition(Name)]
public sealed class ApiServerTests : ICollectionFixture<ApiServerFixture>
{
    internal const string Name = "A real API server";
}
