using System.Net;
using System.Text.Json.Nodes;
using Sluice.Kubernetes.Tests.Real;

namespace Sluice.Kubernetes.Tests.Corpus;

/// <summary>A real API server with our definitions gives each resource of the list the verdict that the list says.</summary>
[Collection(ApiServerTests.Name)]
public sealed class AdmissionTests(ApiServerFixture server)
{
    [SkippableTheory]
    [MemberData(nameof(CorpusTests.Titles), MemberType = typeof(CorpusTests))]
    public async Task Admission_Resource_HasTheVerdictOfTheList(string title)
    {
        Resource resource = Resource.All.Single(resource => resource.Title == title);
        string plural = CustomResource.All.Single(kind => kind.Kind == resource.Kind).Plural;

        (HttpStatusCode status, JsonObject answer) = await server.SendAsync(
            HttpMethod.Post, $"/apis/sluice.dev/v1alpha1/namespaces/tools/{plural}?dryRun=All&fieldValidation=Strict", resource.Json);

        bool isRejected = status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity;
        (isRejected ? "rejected" : "accepted").ShouldBe(resource.Verdict == "rejected" ? "rejected" : "accepted", answer.ToJsonString());
        if (!isRejected)
        {
            status.ShouldBe(HttpStatusCode.Created, answer.ToJsonString());
        }
    }

    [SkippableFact]
    public async Task Definitions_AreEstablished_WithoutRemarksOnTheirSchemas()
    {
        foreach (CustomResource resource in CustomResource.All)
        {
            (HttpStatusCode status, JsonObject definition) = await server.SendAsync(
                HttpMethod.Get, $"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{resource.Name}", null);

            status.ShouldBe(HttpStatusCode.OK);
            JsonArray conditions = (JsonArray)definition["status"]!["conditions"]!;
            conditions.ShouldContain(condition => (string?)condition!["type"] == "Established" && (string?)condition["status"] == "True");
            conditions.ShouldNotContain(condition => (string?)condition!["type"] == "NonStructuralSchema", definition["status"]!.ToJsonString());
        }
    }
}
