using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>The JSON Schema and the validator of configurations agree, on every file of the corpus.</summary>
public sealed class SchemaTests : IDisposable
{
    private static readonly string Cases = Path.Combine(Repository.Root, "tests", "Sluice.Configuration.Tests", "Cases");

    // Invalid files that the schema accepts, each with the reason why a schema cannot know better.
    private static readonly Dictionary<string, string> NotExpressible = new()
    {
        ["gateway/audit-and-record-in-one-file.yaml"] = "Two texts must differ, and the size is outside its range: a schema neither compares texts nor counts in units.",
        ["auth/auth-anonymous-without-effect.yaml"] = AcrossTheDocument,
        ["auth/auth-no-audience.yaml"] = "The audience may be left out where 'listen' is the address that clients use, which depends on what the address means.",
        ["auth/auth-no-audience-behind-a-proxy.yaml"] = "The audience may be left out where 'listen' is the address that clients use, which depends on what the address means.",
        ["auth/auth-proxy-without-users.yaml"] = AcrossTheDocument,
        ["auth/auth-without-effect.yaml"] = AcrossTheDocument,
        ["auth/claims-without-auth.yaml"] = AcrossTheDocument,
        ["auth/identities-no-auth.yaml"] = AcrossTheDocument,
        ["auth/identities-no-tenant.yaml"] = AcrossTheDocument,
        ["gateway/tls-unused.yaml"] = "Whether 'tls' is used depends on the scheme of 'listen', which may come from a variable.",
        ["gateway/tls-without-certificate.yaml"] = "Whether 'tls' is needed depends on the scheme of 'listen', which may come from a variable.",
        ["servers/virtual-server-loops.yaml"] = AcrossTheDocument,
        ["servers/virtual-server-on-a-virtual-server.yaml"] = AcrossTheDocument,
    };

    private const string AcrossTheDocument =
        "What callers can be known by depends on all of 'auth', its key files among it, and limits a field in another branch of the document.";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-schema-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Schema_OfEveryFileOfTheCorpus_AgreesWithTheValidator()
    {
        Dictionary<string, string> results = await CheckAsync(Cases);
        results.Count.ShouldBeGreaterThan(80);

        List<string> wrong = [];
        foreach ((string name, string result) in results)
        {
            bool isRight = name.StartsWith("valid/", StringComparison.Ordinal);
            if (isRight && result != "valid")
            {
                wrong.Add($"{name} is right, and the schema says: {result}");
            }
            else if (!isRight && result == "valid" && !NotExpressible.ContainsKey(name))
            {
                wrong.Add($"{name} is wrong, and the schema accepts it: {(await File.ReadAllLinesAsync(Path.Combine(Cases, Path.ChangeExtension(name, ".txt"))))[0]}");
            }
            else if (result != "valid" && NotExpressible.ContainsKey(name))
            {
                wrong.Add($"{name} is on the list of what a schema cannot express, and the schema refuses it: {result}");
            }
        }

        wrong.ShouldBeEmpty();
        NotExpressible.Keys.Except(results.Keys).ShouldBeEmpty();
        NotExpressible.Values.ShouldAllBe(reason => reason.Length > 20);
    }

    private async Task<Dictionary<string, string>> CheckAsync(string folder)
    {
        ProgramResult schema = await SluiceProgram.RunAsync("schema");
        schema.ExitCode.ShouldBe(0, schema.ToString());
        string path = Path.Combine(_folder.FullName, "sluice.schema.json");
        await File.WriteAllTextAsync(path, schema.Output);
        ProgramResult result = await ChildProcess.RunAsync("node", Path.Combine(Repository.Root, "tests", "Sluice.EndToEnd", "node", "schema.mjs"), path, folder);
        result.ExitCode.ShouldBe(0, result.ToString());
        return JsonSerializer.Deserialize<Dictionary<string, string>>(result.Output)!;
    }
}
