namespace Sluice.EndToEnd;

public sealed class ConcurrentCallersTests
{
    [Fact]
    public async Task Calls_TwoHundredAtOnceOnABucketOfFifty_AdmitExactlyFifty()
    {
        const int Callers = 200;
        const int Capacity = 50;
        await using DemoProgram upstream = await DemoProgram.StartAsync();
        Uri demoServer = await upstream.ServerEndpointAsync();
        await using SluiceProgram sluice = await SluiceProgram.StartAsync(
            SluiceProgram.Configuration(demoServer, $"{{ shared: {Capacity}/1d }}"));
        using HttpClient http = new();

        string[] answers = await Task.WhenAll(Enumerable.Range(0, Callers)
            .Select(id => EchoCalls.PostAsync(http, sluice.Endpoint, id % 2 == 0 ? "alice" : "bob", id)));

        answers.Count(EchoCalls.IsAdmitted).ShouldBe(Capacity);
        answers.Count(EchoCalls.IsRefused).ShouldBe(Callers - Capacity);
    }
}
