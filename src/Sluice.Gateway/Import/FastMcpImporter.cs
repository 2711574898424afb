using System.Collections.Immutable;

namespace Sluice.Gateway;

/// <summary>Reads the middlewares of FastMCP where a Python file makes them. The code is not run: arguments must be literals.</summary>
/// <remarks>Source: the documentation of FastMCP's rate limiting middleware.</remarks>
internal sealed class FastMcpImporter : IImporter
{
    private const int DefaultCeiling = 10_000;
    internal const string Bucket = "RateLimitingMiddleware";
    internal const string Window = "SlidingWindowRateLimitingMiddleware";

    public string Product => "fastmcp";

    public string FileKind => $"Python source that calls {Bucket}(…) or {Window}(…) of FastMCP";

    public bool IsYaml => false;

    public bool Recognizes(ImportSource source) => Calls(source).Length > 0;

    public void Import(ImportSource source, ImportedDocument document)
    {
        List<Rate> shared = [];
        List<Rate> perUser = [];
        foreach (PythonCall call in Calls(source))
        {
            FastMcpMiddleware middleware = new(call, document);
            if (middleware.Read() is Rate rate)
            {
                (middleware.IsShared ? shared : perUser).Add(rate);
            }
        }

        OutputGroup limits = document.AddPlaceholderServer("fastmcp").AddGroup("rateLimiting");
        limits.Add("meter", "all");
        AddRates(limits, "shared", shared);
        AddRates(limits, "perUser", perUser);
        if (shared.Concat(perUser).Where(rate => rate.Algorithm == RateLimitAlgorithm.SlidingWindow).Select(rate => rate.MaxTokens).DefaultIfEmpty().Max()
            is > DefaultCeiling and int most)
        {
            limits.Add("slidingWindowCeiling", most);
        }

        if (perUser.Count > 0)
        {
            document.AddPlaceholderAuth();
        }

        document.Note(
            "Every request is counted, as in FastMCP (meter: all), but initialize and ping are never rejected, because clients break.");
        document.Note("A rejection is -32000 without a wait in FastMCP. Here it is 429 with the exact wait.");
    }

    private static void AddRates(OutputGroup limits, string scope, List<Rate> rates)
    {
        if (rates.Count > 0)
        {
            limits.Add(scope, rates);
        }
    }

    private static ImmutableArray<PythonCall> Calls(ImportSource source) => PythonCall.FindAll(source.Text, Bucket, Window);
}
