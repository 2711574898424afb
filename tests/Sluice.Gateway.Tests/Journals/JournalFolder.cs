using System.Text.Json;

namespace Sluice.Gateway.Tests.Journals;

/// <summary>A folder of its own for the files that a gateway writes.</summary>
internal sealed class JournalFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sluice-journal-");

    internal string FullName => _folder.FullName;

    internal string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>The lines of a file and of the full ones beside it, the oldest first.</summary>
    internal string[] Lines(string name) =>
    [
        .. _folder.GetFiles($"{name}*")
            .Where(file => !file.Name.EndsWith(".lock", StringComparison.Ordinal))
            .OrderByDescending(file => file.Name.Length == name.Length ? 0 : int.Parse(file.Name[(name.Length + 1)..], null))
            .SelectMany(file => File.ReadAllLines(file.FullName)),
    ];

    /// <summary>The lines as JSON.</summary>
    internal JsonElement[] Json(string name) => [.. Lines(name).Select(line => JsonDocument.Parse(line).RootElement.Clone())];

    /// <summary>How many audit events the lines of a file stand for.</summary>
    internal long Events(string name) => Json(name).Sum(EventsOf);

    internal static long EventsOf(JsonElement line) => 1 + (line.TryGetProperty("omitted", out JsonElement omitted) ? omitted.GetInt64() : 0);

    public void Dispose() => _folder.Delete(recursive: true);
}
