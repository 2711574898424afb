using System.Globalization;

namespace Sluice.Redis.Tests;

/// <summary>Garnet, as it may be started; where the tests run with it.</summary>
public sealed class GarnetTests
{
    [GarnetTheory]
    [InlineData("", "scripting support disabled")]
    [InlineData("--lua", "interleave")]
    public async Task WarmUp_GarnetWithoutWhatSluiceNeeds_IsRejectedByName(string options, string why)
    {
        using RedisServer server = RedisServer.StartGarnet(options.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await using FaultScene scene = new(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{server.Port}"));

        (await scene.Store.WarmUpAsync(TimeSpan.FromSeconds(20), default)).ShouldBeFalse();

        string line = scene.Log.Of("StoreNotReached").ShouldHaveSingleItem();
        line.ShouldContain(why);
        line.ShouldContain("Start Garnet with --lua --lua-transaction-mode.");
        (await scene.Acquire()).Source.ShouldBe(DecisionSource.Local);
    }
}
