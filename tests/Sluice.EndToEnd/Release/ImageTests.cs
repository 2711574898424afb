using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Sluice.EndToEnd;

/// <summary>The container image, run by its own root.</summary>
[Nightly]
[Collection(BuiltRelease.Collection)]
public sealed class ImageTests(BuiltRelease release, UnpackedImage image) : IClassFixture<UnpackedImage>
{
    [SkippableFact]
    public void Image_StartsTheGatewayAsAUserThatIsNotRoot()
    {
        JsonElement process = image.Container.GetProperty("process");

        image.Command.ShouldBe(["/usr/bin/sluice", "run", "/etc/sluice/sluice.yaml"]);
        process.GetProperty("user").GetProperty("uid").GetInt32().ShouldBe(65532);
        process.GetProperty("user").GetProperty("gid").GetInt32().ShouldBe(65532);
        process.GetProperty("cwd").GetString().ShouldBe("/var/lib/sluice");
    }

    [SkippableFact]
    public void Image_HasNoShellAndNamesItsPackagesForScanners()
    {
        string[] programs = Directory.GetFiles(Path.Combine(image.Root, "usr", "bin"));
        string[] packages = [.. Directory.GetFiles(Path.Combine(image.Root, "var", "lib", "dpkg", "status.d")).Select(Path.GetFileName)!];

        programs.ShouldBe([Path.Combine(image.Root, "usr", "bin", "sluice")]);
        Directory.Exists(Path.Combine(image.Root, "bin")).ShouldBeFalse();
        foreach (string package in packages)
        {
            File.Exists(Path.Combine(image.Root, "usr", "share", "doc", package, "copyright")).ShouldBeTrue(package);
        }

        packages.ShouldContain("libssl3");
    }

    [Fact]
    public void Layers_NameEachFileOnce()
    {
        string[] layers = [.. Directory.GetFiles(Path.Combine(UnpackedImage.Layout(release), "blobs", "sha256")).Where(IsLayer)];

        layers.Length.ShouldBe(2);
        foreach (string[] names in layers.Select(NamesIn))
        {
            names.Length.ShouldBeGreaterThan(0);
            names.ShouldBeUnique(); // Engines reject the layer otherwise.
        }
    }

    [SkippableFact]
    public void Image_HasTheCertificateAuthoritiesWhereOpenSslLooks()
    {
        FileInfo link = new(Path.Combine(image.Root, "usr", "lib", "ssl", "cert.pem"));
        X509Certificate2Collection authorities = [];

        authorities.ImportFromPemFile(Path.GetFullPath(link.LinkTarget!, link.DirectoryName!));

        authorities.Count.ShouldBeGreaterThan(100);
    }

    [SkippableFact]
    public async Task Image_RunsItsGatewayOverTlsInARootThatCannotBeWritten()
    {
        await File.WriteAllTextAsync(Path.Combine(image.Root, "etc", "sluice", "tls.pem"), Certificate());
        await File.WriteAllTextAsync(
            Path.Combine(image.Root, "etc", "sluice", "sluice.yaml"),
            """
            listen: https://127.0.0.1:0
            tls: { certificate: /etc/sluice/tls.pem, key: /etc/sluice/tls.pem }
            servers: [ { name: none, upstream: "http://127.0.0.1:1/mcp", rateLimiting: { shared: 1/1d } } ]
            """);
        await using ChildProcess gateway = image.Start(image.Command);
        const string Ready = "listening on ";
        string line = await gateway.WaitForLineAsync(text => text.StartsWith(Ready, StringComparison.Ordinal));
        using HttpClient client = new(new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
        });
        using StringContent call = new(
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}""", Encoding.UTF8, "application/json");

        using HttpResponseMessage answer = await client.PostAsync(new Uri(new Uri(line[Ready.Length..]), "/mcp"), call);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway); // It is served; its server is not there.
        gateway.Captured().ShouldNotContain("Read-only file system");
    }

    [SkippableFact]
    public async Task Image_NoConfiguration_SaysWhichFileIsMissing()
    {
        await using ChildProcess gateway = image.Start("/usr/bin/sluice", "run", "/etc/sluice/other.yaml");

        ProgramResult result = await gateway.WaitForExitAsync();

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Error.ShouldStartWith("/etc/sluice/other.yaml: ");
    }

    [Fact]
    public async Task Image_BuiltAgain_IsTheSameToTheByte()
    {
        string again = Path.Combine(release.NewFolder("image"), "layout");
        string committed = (await BuiltRelease.SucceedAsync("git", "-C", Repository.Root, "log", "-1", "--format=%ct")).Output.Trim();

        await BuiltRelease.SucceedAsync(
            Path.Combine(Repository.Root, "eng", "build-image.sh"),
            new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = committed },
            "--version", BuiltRelease.Version, Path.Combine(release.Archive, "sluice"), again);

        // The index has the digest of the manifest, which has those of the layers.
        (await File.ReadAllTextAsync(Path.Combine(again, "index.json")))
            .ShouldBe(await File.ReadAllTextAsync(Path.Combine(UnpackedImage.Layout(release), "index.json")));
    }

    private static bool IsLayer(string blob)
    {
        using FileStream file = File.OpenRead(blob);
        return file.ReadByte() == 0x1f; // A layer is compressed, and all other blobs are JSON.
    }

    private static string[] NamesIn(string layer)
    {
        using FileStream file = File.OpenRead(layer);
        using GZipStream content = new(file, CompressionMode.Decompress);
        using TarReader reader = new(content);
        List<string> names = [];
        while (reader.GetNextEntry() is TarEntry entry)
        {
            names.Add(entry.Name.TrimEnd('/'));
        }

        return [.. names];
    }

    private static string Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=localhost", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";
    }
}
