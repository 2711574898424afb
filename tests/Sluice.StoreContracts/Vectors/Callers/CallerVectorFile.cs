using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.StoreContracts;

/// <summary>Decisions about callers with claims, slots and calls that wait, as data. docs/testing.md describes the file.</summary>
/// <param name="About">What the file is.</param>
/// <param name="WallUs">The wall clock at the origin of every case, in microseconds since the Unix epoch.</param>
/// <param name="Cases">The cases; each starts with a store without buckets.</param>
public sealed record CallerVectorFile(string About, long WallUs, ImmutableArray<CallerVectorCase> Cases)
{
    /// <summary>The environment variable that names the file to write the vectors to, when they are made.</summary>
    public const string Variable = "SLUICE_WRITE_CALLER_VECTORS";

    private const string Resource = "callers.json";

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The text of the file in the repository.</summary>
    public static string Text
    {
        get
        {
            using Stream stream = typeof(CallerVectorFile).Assembly.GetManifestResourceStream(Resource)
                ?? throw new InvalidOperationException($"The resource {Resource} is missing from the assembly.");
            using StreamReader reader = new(stream, Encoding.UTF8);
            return reader.ReadToEnd();
        }
    }

    /// <summary>The file in the repository.</summary>
    public static CallerVectorFile Load() =>
        JsonSerializer.Deserialize<CallerVectorFile>(Text, Format) ?? throw new FormatException($"{Resource} is null.");

    /// <summary>The file's text as the model makes it; written where <see cref="Variable"/> says, if it does.</summary>
    public static async Task<string> Make()
    {
        string text = (await CallerVectorCases.Make()).Write();
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
        {
            await File.WriteAllTextAsync(path, text);
        }

        return text;
    }

    private string Write() =>
        $"{{\n  \"about\": {Json(About)},\n  \"wallUs\": {Json(WallUs)},\n  \"cases\": [\n{string.Join(",\n", Cases.Select(Write))}\n  ]\n}}\n";

    private static string Write(CallerVectorCase vector) =>
        $"    {{ \"name\": {Json(vector.Name)},\n      \"policy\": {Json(vector.Policy)},\n      \"steps\": [\n"
        + string.Join(",\n", vector.Steps.Select(step => "        " + Json(step)))
        + "\n      ] }";

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, Format);
}
