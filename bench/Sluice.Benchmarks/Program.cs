using System.Globalization;
using Sluice.Benchmarks;

const int UsageError = 2;
bool quick = args.Contains("--quick");
string[] words = [.. args.Where(arg => arg != "--quick")];
switch (words)
{
    // The programs that the benchmark of the gateway starts.
    case [TrivialServer.Word]:
        await TrivialServer.RunAsync();
        return 0;
    case [BareForwarder.Word, string server]:
        await BareForwarder.RunAsync(new Uri(server));
        return 0;

    // The processes that compare this engine with an earlier one.
    case [PlainPolicies.Word, string own, string earlier]:
        PlainPolicies.Measure(own, earlier);
        return 0;

    case ["gateway", "soak"]:
        return await Soak.RunAsync(TimeSpan.FromMinutes(30)) ? 0 : 1;
    case ["gateway", "soak", string minutes] when double.TryParse(minutes, CultureInfo.InvariantCulture, out double number) && number > 0:
        return await Soak.RunAsync(TimeSpan.FromMinutes(number)) ? 0 : 1;
}

IReadOnlyList<Figure>? figures;
try
{
    figures = words switch
    {
        ["engine"] => EngineFigures.Measure(quick),
        ["redis"] => [.. await RedisFigures.Measure(quick), .. await ShareFigures.MeasureAsync(quick)],
        ["redis", "shares"] => await ShareFigures.MeasureAsync(quick),
        ["gateway"] => await GatewayFigures.MeasureAsync(quick),
        ["gateway", "virtual"] => await VirtualFigures.MeasureAsync(quick),
        ["gateway", "admin"] => await ObservabilityFigures.MeasureAsync(quick),
        ["sdk"] => await SdkFigures.MeasureAsync(quick),
        ["change"] => await ChangeFigures.MeasureAsync(quick),
        _ => null,
    };
}
catch (MissingProgramException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

if (figures is null)
{
    Console.Error.WriteLine("Usage: ./bench.sh engine|redis|gateway|sdk|change [--quick]\n       ./bench.sh gateway virtual|admin [--quick]\n       ./bench.sh redis shares [--quick]\n       ./bench.sh gateway soak [MINUTES]");
    return UsageError;
}

foreach (Figure figure in figures)
{
    Console.WriteLine(figure);
}

return 0;
