using System.Text.Json.Nodes;

namespace Sluice.Kubernetes.Tests;

/// <summary>The files of <c>deploy/crds</c>.</summary>
public sealed class DefinitionTests
{
    // Client-side apply keeps the object in an annotation of at most 256 KiB.
    private const int MaxApplied = 262_144;
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy", "crds");

    [Fact]
    public void Files_AreWhatIsGenerated()
    {
        Directory.GetFiles(Folder).Select(path => Path.GetFileNameWithoutExtension(path)!).Order(StringComparer.Ordinal)
            .ShouldBe(CustomResource.All.Select(resource => resource.Plural).Order(StringComparer.Ordinal));
        foreach (CustomResource resource in CustomResource.All)
        {
            File.ReadAllText(Path.Combine(Folder, resource.Plural + ".yaml")).ShouldBe(resource.Text(), "Run eng/write-crds.sh.");
        }
    }

    [Fact]
    public void Definitions_FitIntoWhatKubectlApplies()
    {
        foreach (CustomResource resource in CustomResource.All)
        {
            resource.Definition().ToJsonString().Length.ShouldBeLessThan(MaxApplied, resource.Kind);
        }
    }

    [Fact]
    public void Definitions_EveryTextAndListHasABound_AndNoneIsADurationOfTheServer()
    {
        foreach (CustomResource resource in CustomResource.All)
        {
            JsonNode spec = resource.Definition()["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!;
            foreach (JsonObject schema in Schemas(spec))
            {
                string shown = schema.ToJsonString();
                ((string?)schema["format"]).ShouldNotBe("duration", shown);
                switch ((string?)schema["type"])
                {
                    case "string" when schema["enum"] is null:
                        schema.ShouldContainKey("maxLength", shown);
                        break;
                    case "array":
                        schema.ShouldContainKey("maxItems", shown);
                        break;
                    default:
                        break;
                }
            }
        }
    }

    private static IEnumerable<JsonObject> Schemas(JsonNode? node) => node switch
    {
        JsonObject group => group.SelectMany(field => Schemas(field.Value)).Prepend(group),
        JsonArray list => list.SelectMany(Schemas),
        _ => [],
    };
}
