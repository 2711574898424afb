namespace Sluice.Redis.Tests;

/// <summary>The chart of docs/concepts/shares.md is what the simulation draws.</summary>
[Collection(Alone.Name)] // It uses all processors.
public sealed class ShareChartTests
{
    [Fact]
    public void Chart_DrawnAgain_IsThatOfTheDocumentation()
    {
        string path = Path.Combine(Repository.Root, "docs", "images", "shares-admitted.svg");
        ShareChart.Draw().ShouldBe(File.ReadAllText(path), "'eng/draw-shares.sh' draws it again.");
    }
}
