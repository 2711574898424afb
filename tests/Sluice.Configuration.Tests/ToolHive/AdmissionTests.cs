namespace Sluice.Configuration.Tests.ToolHive;

/// <summary>Sluice accepts the manifests that ToolHive's admission accepts, and rejects those that it rejects.</summary>
public sealed class AdmissionTests
{
    public static TheoryData<string, string, string, string> Cases()
    {
        TheoryData<string, string, string, string> cases = [];
        foreach (string[] found in ToolHiveCases.Read("admission.txt", columns: 4))
        {
            cases.Add(found[0], found[1], found[2], found[3]);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Manifest_HasTheVerdictOfToolHive(string title, string kind, string spec, string verdict)
    {
        GatewayFileResult result = GatewayFile.Parse(ToolHiveCases.Manifest(kind, spec), "server.yaml");

        if (verdict == "accepted")
        {
            result.Faults.ShouldBeEmpty(title);
            result.RequireConfiguration().Servers.ShouldHaveSingleItem().Name.ShouldBe("tools.srv");
        }
        else
        {
            Fault fault = result.Faults.ShouldHaveSingleItem(title);
            $"{fault.Path}: {fault.Message}".ShouldStartWith(verdict);
            fault.Line.ShouldBeGreaterThan(0);
        }
    }
}
