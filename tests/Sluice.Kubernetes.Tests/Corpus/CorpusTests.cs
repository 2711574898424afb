using Sluice.Documents;

namespace Sluice.Kubernetes.Tests.Corpus;

/// <summary>What the validator says of each resource of the list.</summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Titles() => [.. Resource.All.Select(resource => resource.Title)];

    [Theory]
    [MemberData(nameof(Titles))]
    public void Validator_Resource_SaysWhatTheListSays(string title)
    {
        Resource resource = Resource.All.Single(resource => resource.Title == title);

        GatewayFileResult result = GatewayFile.Parse(
            resource.Kind == ResourceKinds.Server ? resource.Manifest : $"servers: [ {{ name: other, upstream: \"http://127.0.0.1:1/mcp\" }} ]\n---\n{resource.Manifest}",
            "policy.yaml");

        if (resource.Message.Length == 0)
        {
            result.Faults.ShouldBeEmpty();
            resource.Verdict.ShouldBe("accepted");
            return;
        }

        resource.Verdict.ShouldNotBe("accepted");
        result.Faults.ShouldAllBe(fault => fault.Line > 0);
        result.Faults.Select(fault => $"{fault.Path}: {fault.Message}")
            .ShouldContain(fault => fault.StartsWith(resource.Message, StringComparison.Ordinal), FaultFormatter.Format(result.Faults));
    }

    [Fact]
    public void Titles_OfTheList_AreDifferent() =>
        Resource.All.Select(resource => resource.Title).ShouldBeUnique();
}
