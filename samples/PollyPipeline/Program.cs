using Polly;
using Polly.RateLimiting;
using Sluice;

// A Polly pipeline whose rate limiter is the engine: two calls at once, then one every ten seconds.
using SluiceRateLimiter limiter = new(Rate.Parse("2/20s"));
ResiliencePipeline pipeline = new ResiliencePipelineBuilder().AddRateLimiter(limiter).Build();

for (int call = 1; call <= 3; call++)
{
    try
    {
        pipeline.Execute(() => Console.WriteLine($"call {call}: done"));
    }
    catch (RateLimiterRejectedException refused)
    {
        Console.WriteLine($"call {call}: rejected, come back in {Math.Ceiling(refused.RetryAfter!.Value.TotalSeconds)} s");
    }
}
