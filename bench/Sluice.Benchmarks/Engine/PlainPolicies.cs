using System.Globalization;
using System.Reflection;
using System.Runtime.Loader;

namespace Sluice.Benchmarks;

/// <summary>What policies cost that use nothing newer than one rate for each scope: this engine over that of an earlier revision.</summary>
/// <remarks>
/// Both engines are loaded into one process and take turns of a millisecond or two, so whatever else runs on the machine disturbs both.
/// Several processes do that: code and memory lie elsewhere in each process, which changes the result by a few percent.
/// </remarks>
internal static class PlainPolicies
{
    /// <summary>The word that starts one of those processes: the folders of this build and of the earlier one follow.</summary>
    internal const string Word = "plain-policies";

    private const string Project = "Sluice.PlainPolicies";

    /// <summary>The largest ratio of all rows; null, with a line that says why, where the earlier revision cannot be built.</summary>
    internal static double? Ratio(bool quick)
    {
        if (EarlierRevision.Build(Project) is not string earlier)
        {
            return null;
        }

        string own = Path.Combine(EarlierRevision.Root, "artifacts", "bin", Project, "release");
        Dictionary<string, List<double[]>> rows = [];
        for (int run = 0; run < (quick ? 3 : 7); run++)
        {
            Console.WriteLine($"Measuring plain policies beside revision {EarlierRevision.Name}, process {run + 1}...");
            foreach (string line in Processes.Run("dotnet", [typeof(PlainPolicies).Assembly.Location, Word, own, earlier]))
            {
                string[] fields = line.Split('\t');
                if (!rows.TryGetValue(fields[0], out List<double[]>? found))
                {
                    rows[fields[0]] = found = [];
                }

                found.Add([.. fields[1..].Select(field => double.Parse(field, CultureInfo.InvariantCulture))]);
            }
        }

        double largest = 0;
        Console.WriteLine("Plain policies, ns a call:                            now   before  ratio (all processes)");
        foreach ((string name, List<double[]> found) in rows)
        {
            double[] ratios = [.. found.Select(times => times[2])];
            double ratio = Turns.Median(ratios);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {name,-45} {found.Min(times => times[0]),9:0.0} {found.Min(times => times[1]),8:0.0}  {ratio:0.000} ({string.Join(", ", ratios.Order().Select(each => each.ToString("0.000", CultureInfo.InvariantCulture)))})"));
            largest = Math.Max(largest, ratio);
        }

        return largest;
    }

    /// <summary>One process: a line for each row, with the median times of both, in nanoseconds, and the median ratio of two turns.</summary>
    internal static void Measure(string own, string earlier)
    {
        IReadOnlyDictionary<string, Func<int, int>> now = Load(own);
        IReadOnlyDictionary<string, Func<int, int>> before = Load(earlier);
        foreach (string row in now.Keys)
        {
            Turns turns = Turns.Of(now[row], before[row]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row}\t{turns.Nanoseconds}\t{turns.OfBaseline}\t{turns.Ratio}"));
        }
    }

    private static IReadOnlyDictionary<string, Func<int, int>> Load(string folder)
    {
        string path = Path.Combine(folder, Project + ".dll");
        EngineContext context = new(path);
        MethodInfo all = context.LoadFromAssemblyPath(path).GetType("Sluice.PlainPolicies.PlainCalls", throwOnError: true)!.GetMethod("All")!;
        return (IReadOnlyDictionary<string, Func<int, int>>)all.Invoke(null, null)!;
    }

    /// <summary>Loads what lies beside an assembly from there, although this program has other versions of it.</summary>
    private sealed class EngineContext(string path) : AssemblyLoadContext(path)
    {
        private readonly AssemblyDependencyResolver _resolver = new(path);

        protected override Assembly? Load(AssemblyName assemblyName) =>
            _resolver.ResolveAssemblyToPath(assemblyName) is string found ? LoadFromAssemblyPath(found) : null;
    }
}
