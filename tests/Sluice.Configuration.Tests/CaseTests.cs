namespace Sluice.Configuration.Tests;

/// <summary>Each file of the folder Cases, and beside it what <c>sluice validate</c> says of it: nothing, when it is right.</summary>
public sealed class CaseTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Cases");

    private static readonly FixedValues Values = new()
    {
        Variables = { ["UPSTREAM"] = "http://127.0.0.1:3001/mcp", ["SECRET"] = "s3cr3t-value", ["EMPTY"] = "", ["TEN"] = "10" },
        Files = { ["/run/secrets/rate"] = "5/fortnight", ["/run/secrets/hash"] = new string('a', 64) },
    };

    public static TheoryData<string> Names() =>
        [.. Directory.GetFiles(Folder, "*.yaml").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Parse_Case_SaysWhatStandsBesideIt(string name)
    {
        string text = File.ReadAllText(Path.Combine(Folder, name));
        string expected = File.ReadAllText(Path.Combine(Folder, Path.ChangeExtension(name, ".txt"))).TrimEnd('\n');

        GatewayFileResult result = GatewayFile.Parse(text, name, Values);

        FaultFormatter.Format(result.Faults).ReplaceLineEndings("\n").ShouldBe(expected);
        (result.Configuration is null).ShouldBe(expected.Length > 0);
    }

    [Fact]
    public void Cases_EveryExpectation_HasItsFile()
    {
        string[] orphans =
            [.. Directory.GetFiles(Folder, "*.txt").Where(path => !File.Exists(Path.ChangeExtension(path, ".yaml")))];

        orphans.ShouldBeEmpty();
    }
}
