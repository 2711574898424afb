using System.Text;

namespace Sluice.Configuration.Tests;

public sealed class GatewayFileTests : IDisposable
{
    private const string Smallest = "servers: [ { name: a, upstream: \"http://127.0.0.1:3001/mcp\" } ]\n";
    private readonly string _folder = Directory.CreateTempSubdirectory("sluice-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_ValidFile_HasNoFaults()
    {
        GatewayFileResult result = GatewayFile.Load(Write(Encoding.UTF8.GetBytes(Smallest)));

        result.Faults.ShouldBeEmpty();
        result.Configuration.ShouldNotBeNull().Servers.ShouldHaveSingleItem().Name.ShouldBe("a");
    }

    [Fact]
    public void Load_ByteOrderMark_IsNoPartOfTheFirstField() =>
        GatewayFile.Load(Write([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Smallest)])).Faults.ShouldBeEmpty();

    [Fact]
    public void Load_WindowsLineEnds_AreLineEnds() =>
        Fault(Write("servers:\r\n  - name: a\r\n    upstreem: x\r\n"u8.ToArray()))
            .ShouldBe(":3:5 servers[0].upstreem: 'upstreem' is not a field. Did you mean 'upstream'?");

    [Fact]
    public void Load_MissingFile_SaysSo() =>
        Fault(Path.Combine(_folder, "none.yaml")).ShouldBe(": does not exist. Name a file that this program may read.");

    [Fact]
    public void Load_MissingFolder_SaysSo() =>
        Fault(Path.Combine(_folder, "none", "none.yaml")).ShouldBe(": does not exist. Name a file that this program may read.");

    [Fact]
    public void Load_PathWithNul_SaysSo() =>
        Fault(Path.Combine(_folder, "a\0b")).ShouldBe(": is not the path of a file. Name a file that this program may read.");

    [Fact]
    public void Load_SizeLadder_AcceptsAMebibyte()
    {
        byte[] bytes = Enumerable.Repeat((byte)'\n', GatewayFile.MaxBytes).ToArray();
        Encoding.UTF8.GetBytes(Smallest).CopyTo(bytes, 0);

        GatewayFile.Load(Write(bytes)).Faults.ShouldBeEmpty();
        Fault(Write([.. bytes, (byte)'\n'])).ShouldBe(": is larger than 1 MiB. Use globs, or several gateways.");
    }

    [Fact]
    public void Load_EndlessDevice_IsTooLarge()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // It has no such file.
        }

        Fault("/dev/zero").ShouldBe(": is larger than 1 MiB. Use globs, or several gateways.");
    }

    [Fact]
    public void Load_NotUtf8_SaysWhere() =>
        Fault(Write([.. "servers:\n  - name: é"u8, 0xFF, (byte)'\n']))
            .ShouldBe(":2:12 is not UTF-8: here is a byte that is part of no character. Save the file as UTF-8.");

    [Fact]
    public void Load_Utf16_IsNotUtf8() =>
        Fault(Write([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Smallest)])).ShouldStartWith(":1:1 is not UTF-8:");

    [Fact]
    public void Load_NoPath_Throws()
    {
        Should.Throw<ArgumentException>(() => GatewayFile.Load(""));
        Should.Throw<ArgumentNullException>(() => GatewayFile.Load("x", null!));
    }

    [Fact]
    public void Parse_TooLargeInUtf8_SaysSo() =>
        GatewayFile.Parse(Smallest + "#" + new string('é', GatewayFile.MaxBytes / 2), "f").Faults.ShouldHaveSingleItem().ToString()
            .ShouldBe("f: is larger than 1 MiB. Use globs, or several gateways.");

    [Fact]
    public void Parse_HalfACharacter_SaysWhere() =>
        GatewayFile.Parse("servers: \"\uD800\"", "f").Faults.ShouldHaveSingleItem().ToString()
            .ShouldStartWith("f:1:11 the character U+D800 is not allowed.");

    [Fact]
    public void RequireConfiguration_Faults_ThrowsThem() =>
        Should.Throw<InvalidOperationException>(() => GatewayFile.Parse("", "f").RequireConfiguration())
            .Message.ShouldBe("f:1:1 is empty. Write fields, such as 'servers: …'.");

    private string Write(byte[] bytes)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid():N}.yaml");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    // Without the path, which differs from run to run.
    private static string Fault(string path)
    {
        GatewayFileResult result = GatewayFile.Load(path);
        result.Configuration.ShouldBeNull();
        string fault = result.Faults.ShouldHaveSingleItem().ToString();
        fault.ShouldStartWith(path);
        return fault[path.Length..];
    }
}
