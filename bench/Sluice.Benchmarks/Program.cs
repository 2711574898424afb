using Sluice.Benchmarks;

const int UsageError = 2;
bool quick = args.Contains("--quick");
string[] words = [.. args.Where(arg => arg != "--quick")];
IReadOnlyList<Figure>? figures = words switch
{
    ["engine"] => EngineFigures.Measure(quick),
    ["redis"] => await RedisFigures.Measure(quick),
    ["sdk"] => await SdkFigures.MeasureAsync(quick),
    _ => null,
};
if (figures is null)
{
    Console.Error.WriteLine("Usage: ./bench.sh engine|redis|sdk [--quick]");
    return UsageError;
}

foreach (Figure figure in figures)
{
    Console.WriteLine(figure);
}

return 0;
