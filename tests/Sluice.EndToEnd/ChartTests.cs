namespace Sluice.EndToEnd;

/// <summary>The charts of the documentation are what the engine draws.</summary>
public sealed class ChartTests
{
    [Fact]
    public async Task Charts_DrawnAgain_AreThoseOfTheDocumentation()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sluice-charts-");
        ProgramResult result = await ChildProcess.RunAsync("dotnet", Repository.Sample("Sluice.Charts"), folder.FullName);
        result.ExitCode.ShouldBe(0, result.ToString());
        string committed = Path.Combine(Repository.Root, "docs", "concepts", "charts");

        folder.GetFiles().Select(file => file.Name).ShouldBe(new DirectoryInfo(committed).GetFiles().Select(file => file.Name), ignoreOrder: true);
        foreach (FileInfo drawn in folder.GetFiles())
        {
            // 'eng/draw-charts.sh' draws them again.
            (await File.ReadAllTextAsync(drawn.FullName)).ShouldBe(await File.ReadAllTextAsync(Path.Combine(committed, drawn.Name)), drawn.Name);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public void Concepts_EveryChart_IsShownOnAPage()
    {
        string folder = Path.Combine(Repository.Root, "docs", "concepts");
        string pages = string.Concat(Directory.GetFiles(folder, "*.md").Select(File.ReadAllText));

        foreach (string chart in Directory.GetFiles(Path.Combine(folder, "charts")))
        {
            pages.ShouldContain($"(charts/{Path.GetFileName(chart)})");
        }
    }
}
