namespace Sluice.Configuration.Tests;

/// <summary>Each document of the folder Cases, and beside it what <c>sluice validate</c> reports; those in <c>valid</c> have no error.</summary>
public sealed class CaseTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Cases");

    private static readonly FixedValues Values = new()
    {
        Variables = { ["UPSTREAM"] = "http://127.0.0.1:3001/mcp", ["SECRET"] = "s3cr3t-value", ["EMPTY"] = "", ["TEN"] = "10" },
        Files = { ["/run/secrets/rate"] = "5/fortnight", ["/run/secrets/hash"] = new string('a', 64) },
    };

    public static TheoryData<string> Valid() => [.. Documents.Cases.Where(IsValid)];

    public static TheoryData<string> Invalid() => [.. Documents.Cases.Where(name => !IsValid(name))];

    [Theory]
    [MemberData(nameof(Valid))]
    public void Parse_ValidCase_HasNoErrors(string name)
    {
        GatewayFileResult result = Parse(name);

        FaultFormatter.Format(result.Faults).ShouldBeEmpty();
        result.Configuration.ShouldNotBeNull();
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void Parse_InvalidCase_HasTheErrorsOfTheFileBesideIt(string name)
    {
        string expected = File.ReadAllText(Path.Combine(Folder, name + ".txt")).TrimEnd('\n');

        GatewayFileResult result = Parse(name);

        expected.ShouldNotBeEmpty();
        FaultFormatter.Format(result.Faults).ReplaceLineEndings("\n").ShouldBe(expected);
        result.Configuration.ShouldBeNull();
    }

    [Fact]
    public void Cases_EveryExpectation_HasItsDocument()
    {
        string[] orphans =
        [
            .. Directory.GetFiles(Folder, "*.txt", SearchOption.AllDirectories)
                .Where(path => !File.Exists(Path.ChangeExtension(path, ".yaml"))),
        ];

        orphans.ShouldBeEmpty();
    }

    private static bool IsValid(string name) => name.StartsWith("valid/", StringComparison.Ordinal);

    private static GatewayFileResult Parse(string name) =>
        GatewayFile.Parse(Documents.Case(name), Path.GetFileName(name) + ".yaml", Values);
}
