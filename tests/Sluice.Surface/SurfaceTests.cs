using System.Reflection;

namespace Sluice.Surface;

/// <summary>The public surface of a library is a text beside it, so that every change of it is a line in a diff.</summary>
public sealed class SurfaceTests
{
    private const string WriteVariable = "SLUICE_WRITE_SURFACE";

    private static readonly string[] Asynchronous =
        ["Sluice", "Sluice.AspNetCore", "Sluice.DependencyInjection", "Sluice.ModelContextProtocol", "Sluice.Redis"];

    [Theory]
    [InlineData("Sluice")]
    [InlineData("Sluice.AspNetCore")]
    [InlineData("Sluice.Configuration")]
    [InlineData("Sluice.DependencyInjection")]
    [InlineData("Sluice.Mcp")]
    [InlineData("Sluice.ModelContextProtocol")]
    [InlineData("Sluice.Redis")]
    public void PublicApi_OfALibrary_IsWhatItsFileSays(string library)
    {
        string file = Path.Combine(Root(), "src", library, "PublicApi.txt");
        string[] members = [.. PublicApi.Of(Assembly.Load(library))];
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            File.WriteAllText(file, string.Join('\n', members) + "\n");
        }

        string[] written = File.ReadAllText(file).TrimEnd('\n').Split('\n');

        members.Except(written).ShouldBeEmpty("The code has what the file lacks. If it is meant, run eng/write-surface.sh.");
        written.Except(members).ShouldBeEmpty("The file has what the code lacks. If it is meant, run eng/write-surface.sh.");
        written.ShouldBe(members);
    }

    [Fact]
    public void Libraries_OfThisRepository_AreAllHeldToTheirFiles()
    {
        IEnumerable<string> libraries = Directory.GetDirectories(Path.Combine(Root(), "src"))
            .Select(folder => new DirectoryInfo(folder).Name)
            .Where(name => name.StartsWith("Sluice", StringComparison.Ordinal) && name != "Sluice.Gateway"); // A program, not a library.
        IEnumerable<object?> tested = typeof(SurfaceTests).GetMethod(nameof(PublicApi_OfALibrary_IsWhatItsFileSays))!
            .GetCustomAttributes<InlineDataAttribute>()
            .SelectMany(data => data.GetData(null!))
            .Select(values => values[0]);

        tested.Cast<string>().Order(StringComparer.Ordinal).ShouldBe(libraries.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Conventions_OfAsyncMembers_AreKept()
    {
        MethodInfo[] methods =
        [
            .. from library in Asynchronous
               from type in Assembly.Load(library).GetExportedTypes()
               from method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
               where method.Name.EndsWith("Async", StringComparison.Ordinal) && method.Name != nameof(IAsyncDisposable.DisposeAsync)
               select method,
        ];

        methods.ShouldNotBeEmpty();
        methods.ShouldAllBe(method => method.GetParameters().Last().ParameterType == typeof(CancellationToken));
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sluice.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run from a checkout: Sluice.slnx is nowhere above.");
    }
}
