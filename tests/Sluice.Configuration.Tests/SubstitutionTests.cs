using System.Collections.Immutable;

namespace Sluice.Configuration.Tests;

public sealed class SubstitutionTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("nothing to do", "nothing to do")]
    [InlineData("${A}", "1")]
    [InlineData("<${A}${B}>", "<12>")]
    [InlineData("${NONE:-default}", "default")]
    [InlineData("${EMPTY:-default}", "default")]
    [InlineData("${A:-default}", "1")]
    [InlineData("${NONE:-}", "")]
    [InlineData("${NONE:-a:-b}", "a:-b")]
    [InlineData("${file:/f}", "from a file")]
    [InlineData("$${A}", "${A}")]
    [InlineData("$$ $A {A} $", "$$ $A {A} $")]
    [InlineData("$${A}${A}$${", "${A}1${")]
    [InlineData("${NESTED}", "${A}")]
    public void Apply_Reference_IsReplacedOnce(string text, string expected)
    {
        FixedValues values = new()
        {
            Variables = { ["A"] = "1", ["B"] = "2", ["EMPTY"] = "", ["NESTED"] = "${A}" },
            Files = { ["/f"] = "from a file" },
        };

        new Substitution(values).Apply(text, out _, out ImmutableArray<string> faults).ShouldBe(expected);

        faults.ShouldBeEmpty();
    }

    [Fact]
    public void Apply_SeveralMissing_TellsThemAll()
    {
        new Substitution(new FixedValues()).Apply("${A} ${file:/f} ${} ${", out _, out ImmutableArray<string> faults);

        faults.Length.ShouldBe(4);
    }

    [Theory]
    [InlineData("x: y\nlisten: http://0.0.0.0:1")]
    [InlineData("\", upstream: \"http://evil")]
    [InlineData("*a")]
    [InlineData("# comment")]
    public void Parse_ValueThatLooksLikeYaml_IsOneText(string value)
    {
        string text = Documents.WithLimits("tools:", "  - { name: \"${NAME}\", shared: 1/s }");
        GatewayFileResult result = GatewayFile.Parse(text, "f", new FixedValues { Variables = { ["NAME"] = value } });

        if (value.Contains('\n'))
        {
            result.Faults.ShouldHaveSingleItem().Message.ShouldBe("holds a control character. Remove it.");
            return;
        }

        result.RequireConfiguration().Servers[0].Policy!.Settings.Tools.ShouldHaveSingleItem().Name.ShouldBe(value);
    }

    [Fact]
    public void Parse_SubstitutedNumberInQuotes_IsANumber()
    {
        string text = Documents.WithLimits("shared: 10/s", "cost: \"${COST}\"");

        GatewayFile.Parse(text, "f", new FixedValues { Variables = { ["COST"] = "3" } })
            .RequireConfiguration().Servers[0].Policy!.Settings.Cost.ShouldBe(3);
    }

    [Fact]
    public void Parse_SubstitutedDigitsWhereTextIsWanted_AreText()
    {
        string text = Documents.WithLimits("shared: 1/s").Replace("user: alice", "user: ${USER_ID}", StringComparison.Ordinal);

        GatewayFile.Parse(text, "f", new FixedValues { Variables = { ["USER_ID"] = "0042" } })
            .RequireConfiguration().Auth.ApiKeys[0].User.ShouldBe("0042");
    }

    [Fact]
    public void Parse_UnusableSecretAnywhere_IsNeverTold()
    {
        // The same secret in the place of every value in turn, in forms that different rules object to.
        string[] secrets =
        [
            "s3cr3tv4lue", "s3cr3tv4lue/1m", "7777777777", "77777/777d", "77777/1m", "77777", "77777h", "http://u:s3cr3tv4lue@h", " ",
        ];
        string[] lines = Documents.Everything.Split('\n');
        int told = 0;
        for (int line = 0; line < lines.Length; line++)
        {
            foreach (string secret in secrets)
            {
                string[] changed = [.. lines];
                changed[line] = WithReference(lines[line]);
                FixedValues values = Documents.Values;
                values.Variables["SECRET"] = secret;
                foreach (Fault fault in GatewayFile.Parse(string.Join('\n', changed), "f", values).Faults)
                {
                    told++;
                    fault.ToString().ShouldNotContain("s3cr3tv4lue", customMessage: changed[line]);
                    fault.ToString().ShouldNotContain("77777", customMessage: changed[line]);
                }
            }
        }

        told.ShouldBeGreaterThan(100);

        static string WithReference(string line)
        {
            int colon = line.LastIndexOf(": ", StringComparison.Ordinal);
            int end = line.IndexOf(" }", StringComparison.Ordinal);
            return colon < 0 ? line : string.Concat(line.AsSpan(0, colon), ": \"${SECRET}\"", end < 0 ? "" : line[end..]);
        }
    }

    [Fact]
    public void ProcessValueSource_File_IsReadWithoutItsLastLineEnds()
    {
        File.WriteAllText(_file, "a\nsecret\r\n\n");

        ProcessValueSource.Instance.TryReadFile(_file, out string? text, out _).ShouldBeTrue();
        text.ShouldBe("a\nsecret");
    }

    [Fact]
    public void ProcessValueSource_FileThatIsNoValue_SaysWhy()
    {
        Why(_file, new byte[ProcessValueSource.MaxFileBytes + 1]).ShouldBe("is larger than 64 KiB");
        Why(_file, [0xFF]).ShouldBe("is not UTF-8");
        Why(Path.GetTempPath(), null).ShouldBe("is a folder, not a file");
        Why(_file + ".none", null).ShouldBe("does not exist");

        static string? Why(string path, byte[]? bytes)
        {
            if (bytes is not null)
            {
                File.WriteAllBytes(path, bytes);
            }

            ProcessValueSource.Instance.TryReadFile(path, out _, out string? why).ShouldBeFalse();
            return why;
        }
    }

    [Fact]
    public void ProcessValueSource_Variable_IsTheProcess()
    {
        string name = $"SLUICE_TEST_{Guid.NewGuid():N}";
        ProcessValueSource.Instance.FindVariable(name).ShouldBeNull();
        Environment.SetEnvironmentVariable(name, "x");
        try
        {
            ProcessValueSource.Instance.FindVariable(name).ShouldBe("x");
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }
}
