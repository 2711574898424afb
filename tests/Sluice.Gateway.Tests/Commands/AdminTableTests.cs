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
    public void Write_NamesAreTooLong_WritesEachAboveItsRows() => Print(
        28,
        ["everything", "http", "1,234,567", "▁█", "12"],
        ["everything", "stdio", "0", "", "0"],
        ["dead", "stdio", "7", "█", "0"]).ShouldBe(
        [
            "server",
            "             refused,",
            "      would  last",
            "     refuse  hour",
            "everything",
            "  1,234,567  ▁█",
            "    upstream: http; active:",
            "    12",
            "          0",
            "    upstream: stdio; active:",
            "    0",
            "dead",
            "          7  █",
            "    upstream: stdio; active:",
            "    0",
        ]);

    [Fact]
    public void Write_NarrowTerminal_HasABlockForEachRow()
    {
        string[] row = ["everything", "http", "1,234,567", "▁▂▃▄▅▆▇█▁▂▃▄", "12"];

        Print(24, row)[..5].ShouldBe(
        [
            "server: everything",
            "upstream: http",
            "would refuse: 1,234,567",
            "refused, last hour:",
            "▁▂▃▄▅▆▇█▁▂▃▄",
        ]);
        TextConsole.Print(50, console =>
        {
            AdminTable table = new AdminTable().Text("server").Text("limit").Number("allowed");
            table.AddRow(AdminOutput.Cell("files"), AdminOutput.Cell("a-limit-of-a-tool-with-a-very-long-name"), AdminOutput.Cell("7"));
            table.AddRow(AdminOutput.Cell("files"), AdminOutput.Cell("b-limit-of-a-tool-with-a-very-long-name-1"), AdminOutput.Cell("8"));
            table.Write(console);
        }).ShouldBe(
        [
            "server   files",
            "limit    a-limit-of-a-tool-with-a-very-long-name",
            "allowed  7",
            "",
            "server   files",
            "limit    b-limit-of-a-tool-with-a-very-long-name-1",
            "allowed  8",
            "",
        ]);
    }

    private static string[] Print(int width) =>
        Print(width, ["everything", "http", "1,234,567", "▁█", "12"], ["dead", "stdio", "0", "", "0"]);

    private static string[] Print(int width, params string[][] rows)
    {
        AdminTable table = new AdminTable().Text("server").Text("upstream", isDetail: true).Number("would refuse")
            .Text("refused, last hour").Number("active", isDetail: true);
        Array.ForEach(rows, row => table.AddRow([.. row.Select(text => AdminOutput.Cell(text))]));
        return TextConsole.Print(width, table.Write);
    }
}
