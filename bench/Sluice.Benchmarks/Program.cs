using Sluice.Benchmarks;

const int UsageError = 2;
bool quick = args.Contains("--quick");
string[] words = [.. args.Where(arg => arg != "--quick")];
if (words is not (["engine"] or ["redis"]))
{
    Console.Error.WriteLine("Usage: ./bench.sh engine|redis [--quick]");
    return UsageError;
}

foreach (Figure figure in words is ["engine"] ? EngineFigures.Measure(quick) : await RedisFigures.MeasureAsync(quick))
{
    Console.WriteLine(figure);
}

return 0;
