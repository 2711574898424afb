using Sluice.Benchmarks;

const int UsageError = 2;
bool quick = args.Contains("--quick");
string[] words = [.. args.Where(arg => arg != "--quick")];
Func<bool, IReadOnlyList<Figure>>? measure = words switch
{
    ["engine"] => EngineFigures.Measure,
    ["sdk"] => SdkFigures.Measure,
    _ => null,
};
if (measure is null)
{
    Console.Error.WriteLine("Usage: ./bench.sh engine|sdk [--quick]");
    return UsageError;
}

foreach (Figure figure in measure(quick))
{
    Console.WriteLine(figure);
}

return 0;
