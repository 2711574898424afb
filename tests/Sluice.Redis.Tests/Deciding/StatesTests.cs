namespace Sluice.Redis.Tests;

public sealed class StatesTests
{
    [Fact]
    public async Task AcquireAndPeek_StatesTooShort_ThrowAndNameTheParameter()
    {
        await using StoreScene scene = new();
        RateLimitRequest request = new(StoreScene.Limits(policy => policy.Shared("10/1m").PerUser("10/1m")), StoreScene.Alice);

        ArgumentException exception = await Should.ThrowAsync<ArgumentException>(
            () => scene.Store.AcquireAsync(request, new LimitState[1], default).AsTask());

        exception.Message.ShouldStartWith("There is room for 1 states, but 2 limits apply. Pass none, or room for all.");
        exception.ParamName.ShouldBe("states");
        (await Should.ThrowAsync<ArgumentException>(() => scene.Store.PeekAsync(request, new LimitState[1], default).AsTask()))
            .ParamName.ShouldBe("states");
    }
}
