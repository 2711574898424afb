using BenchmarkDotNet.Attributes;
using Sluice.Gateway;

namespace Sluice.Benchmarks;

/// <summary>From an API key that a caller sent to the caller: among 10 keys, and among 100,000 that are used in random order.</summary>
/// <remarks>Both read their keys from as many texts, so that the texts are equally far from the processor.</remarks>
public class KeyLookups
{
    private const int Few = 10;
    private readonly string[] _sentOfMany = [.. Callers.UniformOrder(ApiKeyFiles.Many).Take(ApiKeyFiles.Many).Select(ApiKeyFiles.Key)];
    private readonly string[] _sentOfFew = [.. Callers.UniformOrder(Few).Take(ApiKeyFiles.Many).Select(ApiKeyFiles.Key)];
    private readonly KnownKeys _many = new(ApiKeyFiles.Load(ApiKeyFiles.Many), userSpansTenants: false, claimNames: []);
    private readonly KnownKeys _few = new(ApiKeyFiles.Load(Few), userSpansTenants: false, claimNames: []);
    private int _next;

    [GlobalSetup]
    public void UseEveryKey()
    {
        foreach (string key in _sentOfMany)
        {
            Require.That(_many.Find(key) is not null, "A key was not found.");
        }
    }

    [Benchmark(Baseline = true)]
    public bool OfTen() => _few.Find(Next(_sentOfFew)) is not null;

    [Benchmark]
    public bool OfHundredThousand() => _many.Find(Next(_sentOfMany)) is not null;

    [GlobalCleanup]
    public void CheckOutcomes()
    {
        Require.That(OfTen() && OfHundredThousand(), "A key was not found.");
        Require.That(_many.Find("sluice_") is null, "A text that is not a key was found.");
    }

    private string Next(string[] sent) => sent[(_next = _next + 1 == sent.Length ? 0 : _next + 1)];
}
