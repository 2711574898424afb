using Sluice.Benchmarks;

const int UsageError = 2;
bool quick = args.Contains("--quick");
string[] words = [.. args.Where(arg => arg != "--quick")];
if (words is not ["engine"])
{
    Console.Error.WriteLine("Usage: ./bench.sh engine [--quick]");
    return UsageError;
}

foreach (Figure figure in EngineFigures.Measure(quick))
{
    Console.WriteLine(figure);
}

return 0;
