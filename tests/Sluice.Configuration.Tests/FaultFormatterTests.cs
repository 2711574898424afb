using System.Collections.Immutable;

namespace Sluice.Configuration.Tests;

public sealed class FaultFormatterTests
{
    [Theory]
    [InlineData(14, 9, "a.b", "sluice.yaml:14:9 a.b: is wrong.")]
    [InlineData(1, 1, "", "sluice.yaml:1:1 is wrong.")]
    [InlineData(0, 0, "", "sluice.yaml: is wrong.")]
    public void ToString_Fault_HasTheFormThatEditorsJumpTo(int line, int column, string path, string expected) =>
        new Fault("sluice.yaml", line, column, path, "is wrong.").ToString().ShouldBe(expected);

    [Fact]
    public void Format_CountLadder_PrintsAHundredAndCountsTheRest()
    {
        FaultFormatter.Format([]).ShouldBe("");
        Lines(1).ShouldBe(["f:1:1 is wrong."]);
        Lines(100).Length.ShouldBe(100);
        Lines(101).Length.ShouldBe(101);
        Lines(101)[^1].ShouldBe("… and 1 more faults.");

        static string[] Lines(int count)
        {
            ImmutableArray<Fault> faults = [.. Enumerable.Range(1, count).Select(line => new Fault("f", line, 1, "", "is wrong."))];
            return FaultFormatter.Format(faults).Split(Environment.NewLine);
        }
    }

    [Fact]
    public void Parse_MoreFaultsThanAreKept_CountsThem()
    {
        ImmutableArray<Fault> faults = GatewayFile.Parse(
            string.Concat(Enumerable.Range(0, 1_500).Select(index => $"f{index}: 1\n")) + "servers: 1\n", "f").Faults;

        faults.Length.ShouldBe(1_001);
        faults[^1].ToString().ShouldBe("f: holds 501 more faults.");
    }
}
