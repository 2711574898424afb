using System.Net;

namespace Sluice.EndToEnd;

/// <summary>The engine in what the framework and Polly offer, as the samples' readers run it.</summary>
public sealed class FrameworkSampleTests
{
    [Fact]
    public async Task RateLimitedApi_FourCallsOnALimitOfThree_RefusesTheLastWithItsWait()
    {
        await using ChildProcess server = ChildProcess.Start("dotnet", Repository.Sample("RateLimitedApi"), "urls=http://127.0.0.1:0");
        using HttpClient http = new();
        Uri address = await AddressOf(server);

        List<HttpStatusCode> statuses = [];
        for (int call = 0; call < 3; call++)
        {
            statuses.Add((await http.GetAsync(address)).StatusCode);
        }

        using HttpResponseMessage refused = await http.GetAsync(address);
        statuses.ShouldAllBe(status => status == HttpStatusCode.OK);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task PollyPipeline_ThreeCallsOnALimitOfTwo_RefusesTheLastWithItsWait()
    {
        ProgramResult result = await ChildProcess.RunAsync("dotnet", Repository.Sample("PollyPipeline"));

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldMatch(@"\Acall 1: done\ncall 2: done\ncall 3: rejected, come back in ([1-9]|10) s\n\z");
    }

    [Fact]
    public async Task ThrottledHttpClient_ThreeRequestsOnALimitOfTwo_SendsTwo()
    {
        await using ChildProcess server = ChildProcess.Start("dotnet", Repository.Sample("RateLimitedApi"), "urls=http://127.0.0.1:0");
        Uri address = await AddressOf(server);

        ProgramResult result = await ChildProcess.RunAsync("dotnet", Repository.Sample("ThrottledHttpClient"), address.ToString());

        result.ExitCode.ShouldBe(0, result.ToString());
        result.Output.ShouldMatch(@"\Acall 1: 200\ncall 2: 200\ncall 3: 429, retry after ([1-9]|10)\n\z");
        using HttpClient http = new();
        (await http.GetAsync(address)).StatusCode.ShouldBe(HttpStatusCode.OK); // The third of three: it never heard of the other.
    }

    private static async Task<Uri> AddressOf(ChildProcess server)
    {
        const string Ready = "Now listening on: ";
        string line = await server.WaitForLineAsync(text => text.Contains(Ready, StringComparison.Ordinal));
        return new Uri(line[(line.IndexOf(Ready, StringComparison.Ordinal) + Ready.Length)..].Trim());
    }
}
