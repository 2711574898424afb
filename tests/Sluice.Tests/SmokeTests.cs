namespace Sluice.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void X_Y_Z() => ((int)RateLimitScope.Shared).ShouldBe(0);
}
