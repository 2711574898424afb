using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sluice.StoreContracts;

/// <summary>Decisions that every store must make, as data: whatever language or clock it has, it can replay them.</summary>
/// <remarks>
/// Every time is in whole microseconds. A wait that is not is rounded up, so a store whose clock is finer compares after
/// rounding its answers up likewise.
/// </remarks>
/// <param name="About">What the file is.</param>
/// <param name="WallUs">The wall clock at the origin of every case, since the Unix epoch.</param>
/// <param name="Callers">Who calls, by index.</param>
/// <param name="Cases">The cases; each starts with a store without buckets.</param>
public sealed record DecisionVectorFile(
    string About, long WallUs, ImmutableArray<VectorCaller> Callers, ImmutableArray<VectorCase> Cases)
{
    private const string Resource = "decisions.json";

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
            using Stream stream = typeof(DecisionVectorFile).Assembly.GetManifestResourceStream(Resource)
                ?? throw new InvalidOperationException($"The resource {Resource} is missing from the assembly.");
            using StreamReader reader = new(stream, Encoding.UTF8);
            return reader.ReadToEnd();
        }
    }

    /// <summary>The file in the repository.</summary>
    public static DecisionVectorFile Load() =>
        JsonSerializer.Deserialize<DecisionVectorFile>(Text, Format) ?? throw new FormatException($"{Resource} is null.");

    /// <summary>The file's text: a line for each policy and step, so that a change can be read in a diff.</summary>
    public string Write()
    {
        StringBuilder text = new();
        text.Append("{\n  \"about\": ").Append(Json(About));
        text.Append(",\n  \"wallUs\": ").Append(Json(WallUs));
        text.Append(",\n  \"callers\": [\n").AppendJoin(",\n", Callers.Select(caller => "    " + Json(caller)));
        text.Append("\n  ],\n  \"cases\": [\n").AppendJoin(",\n", Cases.Select(Write)).Append("\n  ]\n}\n");
        return text.ToString();
    }

    private static string Write(VectorCase vector) =>
        $"    {{ \"name\": {Json(vector.Name)},\n      \"policies\": [\n"
        + string.Join(",\n", vector.Policies.Select(policy => "        " + Json(policy)))
        + "\n      ],\n      \"steps\": [\n"
        + string.Join(",\n", vector.Steps.Select(step => "        " + Json(step)))
        + "\n      ] }";

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, Format);
}
