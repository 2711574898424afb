namespace Sluice.Gateway.Tests;

public sealed class AdminTableTests
{
    [Fact]
    public void Write_WideTerminal_HasALineForEachRow() => Print(100).ShouldBe(
        [
            "server      upstream  would refuse  refused, last hour  active",
            "everything  http         1,234,567  ▁█                      12",
            "dead        stdio                0                           0",
        ]);

    [Fact]
    public void Write_LongHeadersDoNotFit_WrapsThemBetweenWords() => Print(56).ShouldBe(
        [
            "                                 refused,",
            "                          would  last",
            "server      upstream     refuse  hour      active",
            "everything  http      1,234,567  ▁█            12",
            "dead        stdio             0                 0",
        ]);

    [Fact]
    public void Write_DetailsDoNotFit_MovesThemToASecondLine() => Print(40).ShouldBe(
        [
            "                       refused,",
            "                would  last",
            "server         refuse  hour",
            "everything  1,234,567  ▁█",
            "  upstream: http; active: 12",
            "dead                0",
            "  upstream: stdio; active: 0",
        ]);

    [Fact]
    public void Write_NarrowTerminal_HasABlockForEachRow() => Print(30).ShouldBe(
        [
            "server              everything",
            "upstream            http",
            "would refuse        1,234,567",
            "refused, last hour  ▁█",
            "active              12",
            "",
            "server              dead",
            "upstream            stdio",
            "would refuse        0",
            "refused, last hour",
            "active              0",
            "",
        ]);

    private static string[] Print(int width)
    {
        AdminTable table = new AdminTable().Text("server").Text("upstream", isDetail: true).Number("would refuse")
            .Text("refused, last hour").Number("active", isDetail: true);
        table.AddRow(Cell("everything"), Cell("http"), Cell("1,234,567"), Cell("▁█"), Cell("12"));
        table.AddRow(Cell("dead"), Cell("stdio"), Cell("0"), Cell(""), Cell("0"));
        return TextConsole.Print(width, table.Write);
    }

    private static AdminCell Cell(string text) => AdminOutput.Cell(text);
}
