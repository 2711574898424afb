using Sluice;

// An HttpClient that keeps to a limit by itself: two requests at once, then one every ten seconds.
Uri address = new(args[0]);
using SluiceRateLimiter limiter = new(Rate.Parse("2/20s"));
using HttpClient http = new(new ThrottlingHandler(limiter));

for (int call = 1; call <= 3; call++)
{
    using HttpResponseMessage answer = await http.GetAsync(address);
    Console.WriteLine($"call {call}: {(int)answer.StatusCode}{(answer.Headers.RetryAfter is null ? "" : $", retry after {answer.Headers.RetryAfter}")}");
}
