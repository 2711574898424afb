namespace Sluice.Redis.Tests;

/// <summary>The chart of docs/concepts/shares.md is what the simulation draws.</summary>
[Collection(Alone.Name)] // It uses all processors.
public sealed class ShareChartTests
{
    [Fact]
    public void Chart_DrawnAgain_IsThatOfTheDocumentation()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sluice.slnx")))
        {
            folder = folder.Parent;
        }

        string path = Path.Combine(folder.ShouldNotBeNull().FullName, "docs", "images", "shares-admitted.svg");
        ShareChart.Draw().ShouldBe(File.ReadAllText(path), "'eng/draw-shares.sh' draws it again.");
    }
}
